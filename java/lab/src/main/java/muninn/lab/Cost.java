package muninn.lab;

/**
 * The least that a piece of work takes.
 *
 * @param bytes to be read or written, everything once
 * @param flop of products and their sums, two each; what else is computed does not count
 */
public record Cost(long bytes, long flop) {
  static final Cost NONE = new Cost(0, 0);

  Cost plus(Cost other) {
    return new Cost(bytes + other.bytes, flop + other.flop);
  }

  Cost times(long count) {
    return new Cost(bytes * count, flop * count);
  }

  /**
   * The time that nothing can beat: {@code max(bytes / bandwidth, FLOP / FLOP/s)}, as if memory and
   * arithmetic were both busy from the first moment to the last.
   */
  public double floorNanos(Limits limits) {
    return 1e9 * Math.max(bytes / limits.bytesPerSecond(), flop / limits.flopPerSecond());
  }

  /** Whether the memory is what limits it. */
  public boolean boundByMemory(Limits limits) {
    return bytes / limits.bytesPerSecond() >= flop / limits.flopPerSecond();
  }
}
