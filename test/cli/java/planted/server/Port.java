package planted.server;

import planted.cli.Command;

/** Knows who knows it. */
public final class Port {
  public Command command;
}
