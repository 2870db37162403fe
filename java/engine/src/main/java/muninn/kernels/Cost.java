package muninn.kernels;

/**
 * The least that a piece of work takes.
 *
 * @param bytes to be read or written, everything once
 * @param flop of products and their sums, two each; what else is computed does not count
 */
public record Cost(long bytes, long flop) {
  public static final Cost NONE = new Cost(0, 0);

  public Cost plus(Cost other) {
    return new Cost(bytes + other.bytes, flop + other.flop);
  }

  public Cost times(long count) {
    return new Cost(bytes * count, flop * count);
  }
}
