package muninn.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import muninn.UserException;

/** Input that nobody types: read line by line, without prompt or editing. */
final class PlainTerminal implements ChatTerminal {
  private final Console console;
  private final BufferedReader in;

  PlainTerminal(Console console) {
    this.console = console;
    this.in = new BufferedReader(new InputStreamReader(console.in(), StandardCharsets.UTF_8));
  }

  @Override
  public String readLine() {
    if (console.interrupt().raised()) {
      throw new Left();
    }
    try {
      return in.readLine();
    } catch (IOException e) {
      throw new UserException("cannot read standard input: " + e.getMessage(), e);
    }
  }

  @Override
  public PrintWriter out() {
    return console.out();
  }

  @Override
  public Interrupt.Scope onInterrupt(Runnable action) {
    return console.interrupt().during(action);
  }

  @Override
  public void close() {
    console.out().flush();
  }
}
