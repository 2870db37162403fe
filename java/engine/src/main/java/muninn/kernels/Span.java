package muninn.kernels;

/**
 * Lanes and what they look back on.
 *
 * @param lanes n
 * @param attended positions that all lanes together attend to
 * @param distinct positions whose keys and values must be read, each once
 */
public record Span(long lanes, long attended, long distinct) {

  /** Lanes of sequences of their own, each at the end of so many positions. */
  public static Span alone(int lanes, int context) {
    return new Span(lanes, (long) lanes * context, (long) lanes * context);
  }

  /** The first positions of one sequence, together. */
  public static Span prompt(int positions) {
    return new Span(positions, (long) positions * (positions + 1) / 2, positions);
  }

  /** These lanes and others, in one pass. */
  public Span and(Span others) {
    return new Span(lanes + others.lanes, attended + others.attended, distinct + others.distinct);
  }
}
