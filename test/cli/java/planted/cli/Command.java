package planted.cli;

import java.lang.foreign.MemorySegment;

/** Known to nobody; it knows native memory, which is not for it. */
public final class Command {
  public MemorySegment segment;
}
