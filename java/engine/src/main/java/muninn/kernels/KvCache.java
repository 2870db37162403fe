package muninn.kernels;

/**
 * Keys and values in pages of {@link #PAGE} positions of one block at one step, laid out as the
 * device's attention wants them. Which page holds what is the page table's business ({@link
 * Sequences#map}), so an early exit never occupies the deeper ones.
 */
public interface KvCache {
  /** Positions a page. */
  int PAGE = 16;

  /** Pages that so many positions take in one slot. */
  static int chunks(int positions) {
    return Math.ceilDiv(positions, PAGE);
  }

  int heads();

  int headWidth();

  Format format();

  /** What the keys and values of a position take, and its share of what belongs to a page. */
  default long positionBytes() {
    return 2L * heads() * format().bytes(PAGE, headWidth()) / PAGE;
  }
}
