package planted.cli;

import java.lang.foreign.MemorySegment;

/**
 * Known to one who may not; it knows native memory, which is not for it, and speaks as the machine
 * does.
 */
public final class Command {
  public MemorySegment segment;

  public static String said(int number) {
    return "%d".formatted(number);
  }
}
