package muninn.engine;

/**
 * The pool of KV pages. A request reserves the most it may need before it starts, and takes pages
 * as its lanes reach new depths and positions; so a request that runs never waits for memory, and
 * one that exits early never touches the deeper pages.
 */
final class KvPages {
  private final int[] free;
  private int freeCount;
  private int unreserved;

  KvPages(int count) {
    free = new int[count];
    for (int i = 0; i < count; i++) {
      free[i] = count - 1 - i;
    }
    freeCount = count;
    unreserved = count;
  }

  /** Pages in all. */
  int total() {
    return free.length;
  }

  /** Sets pages aside; false, and nothing changes, when there are not as many. */
  boolean reserve(int pages) {
    if (pages > unreserved) {
      return false;
    }
    unreserved -= pages;
    return true;
  }

  void unreserve(int pages) {
    unreserved += pages;
  }

  /** A page out of a reservation. */
  int take() {
    return free[--freeCount];
  }

  void give(int page) {
    free[freeCount++] = page;
  }
}
