package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import muninn.kernels.Format;
import muninn.kernels.KvCache;

/**
 * Float32 keys and values, a native segment a page, taken from the system when the page is first
 * written and kept for the next sequence. Keys are transposed, {@code [heads, D, PAGE]}, so that a
 * vector scores many positions; values are {@code [heads, PAGE, D]}, padded to whole pairs of
 * vectors. Fresh pages are filled with NaN, so that reading a key nobody wrote shows at once.
 */
final class CpuKvCache implements KvCache {
  private final Arena arena;
  private final MemorySegment[] pages;
  private final int heads;
  private final int headWidth;

  CpuKvCache(Arena arena, int pages, int heads, int headWidth) {
    this.arena = arena;
    this.pages = new MemorySegment[pages];
    this.heads = heads;
    this.headWidth = headWidth;
  }

  @Override
  public Format format() {
    return Format.F32;
  }

  static CpuKvCache of(KvCache cache) {
    return (CpuKvCache) cache;
  }

  static long pageBytes(int heads, int headWidth) {
    return (long) heads * PAGE * (headWidth + pitch(headWidth)) * Float.BYTES;
  }

  @Override
  public int heads() {
    return heads;
  }

  @Override
  public int headWidth() {
    return headWidth;
  }

  /**
   * A page; allocated at first sight, which is when a lane's key is appended, by the device's own
   * thread.
   */
  MemorySegment page(int page) {
    if (pages[page] == null) {
      pages[page] = arena.allocate(pageBytes(heads, headWidth), 64).fill((byte) 0xFF); // NaN
    }
    return pages[page];
  }

  /** Byte offset of element i of the key of a position: 16 positions lie side by side. */
  long keyOffset(int head, int position, int i) {
    return 4L * (((long) head * headWidth + i) * PAGE + position % PAGE);
  }

  /** Byte offset of element i of the value of a position: a value's elements lie side by side. */
  long valueOffset(int head, int position, int i) {
    return keyOffset(heads, 0, 0)
        + 4L * (((long) head * PAGE + position % PAGE) * pitch(headWidth) + i);
  }

  /** From a position's value to the next one's, in bytes. */
  long valueStep() {
    return 4L * pitch(headWidth);
  }

  /** Elements from a value to the next: whole pairs of vectors. */
  private static int pitch(int headWidth) {
    return (headWidth + Linear.PANEL - 1) / Linear.PANEL * Linear.PANEL;
  }
}
