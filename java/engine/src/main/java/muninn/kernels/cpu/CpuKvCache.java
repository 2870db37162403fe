package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import muninn.kernels.Format;
import muninn.kernels.KvCache;

/**
 * Keys and values, a native segment a page, taken from the system when the page is first written
 * and kept for the next sequence. How a page holds them is its format's affair ({@link
 * KvElements}). Fresh pages are filled with ones, which is NaN, so that reading a key nobody wrote
 * shows at once.
 */
final class CpuKvCache implements KvCache {
  final KvElements elements;
  private final Arena arena;
  private final LargeMemory largeMemory;
  private final MemorySegment[] pages;
  private final int heads;
  private final int headWidth;
  private final ThreadLocal<KvElements.Room> rooms;

  CpuKvCache(
      Arena arena, LargeMemory largeMemory, Format format, int pages, int heads, int headWidth) {
    this.arena = arena;
    this.largeMemory = largeMemory;
    this.pages = new MemorySegment[pages];
    this.heads = heads;
    this.headWidth = headWidth;
    elements = KvElements.of(format, heads, headWidth);
    rooms = ThreadLocal.withInitial(() -> KvElements.Room.of(arena, headWidth));
  }

  static CpuKvCache of(KvCache cache) {
    return (CpuKvCache) cache;
  }

  @Override
  public Format format() {
    return elements.format();
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
      pages[page] = memory().fill((byte) 0xFF);
    }
    return pages[page];
  }

  /** Beside large weights contexts are worth huge pages: attention to 500 positions takes 0.88. */
  private MemorySegment memory() {
    return largeMemory
        .beside(elements.pageBytes())
        .orElseGet(() -> arena.allocate(elements.pageBytes(), KvElements.ALIGNMENT));
  }

  /** The calling thread's own. */
  KvElements.Room room() {
    return rooms.get();
  }
}
