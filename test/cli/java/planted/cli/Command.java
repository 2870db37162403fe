package planted.cli;

import java.lang.foreign.MemorySegment;

/** Known to nobody; it knows native memory, which is not for it, and speaks as the machine does. */
public final class Command {
  public MemorySegment segment;

  public static String said(int number) {
    return "%d".formatted(number);
  }
}
