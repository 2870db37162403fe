package muninn.kernels;

import java.util.List;

/**
 * Keys and values in pages of {@link #PAGE} positions of one block at one step, laid out as the
 * device's attention wants them. Which page holds what is the page table's business ({@link
 * Sequences#map}), so an early exit never occupies the deeper ones.
 */
public interface KvCache {
  /** Positions a page. */
  int PAGE = 16;

  /** e4m3, with a scale for each head of a position. */
  Format FP8 = new Format.Scaled(ByteCode.E4M3);

  /** −127 … 127, with such a scale. */
  Format INT8 = new Format.Scaled(ByteCode.INT8);

  /** What keys and values may be kept in, as far as a device does. */
  List<Format> FORMATS = List.of(Format.F32, Format.BF16, FP8, INT8);

  /** Pages that so many positions take in one slot. */
  static int chunks(int positions) {
    return Math.ceilDiv(positions, PAGE);
  }

  /** K, heads of keys and as many of values. */
  int heads();

  /** D, elements of a head. */
  int headWidth();

  /** What its elements are kept in. */
  Format format();

  /** What the keys and values of a position take, and its share of what belongs to a page. */
  default long positionBytes() {
    return 2L * heads() * format().bytes(PAGE, headWidth()) / PAGE;
  }
}
