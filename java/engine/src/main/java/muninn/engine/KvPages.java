package muninn.engine;

import java.util.Arrays;
import java.util.List;

/**
 * The pool of KV pages. A request reserves what its next positions may need before they open, and
 * takes pages as its lanes reach new depths; so a lane that thinks never waits for memory, and one
 * that exits early never touches the deeper pages. Pages that nobody has reserved may yet hold
 * something worth finding again ({@link PrefixTree}); it is given up when no other page is free.
 */
final class KvPages {
  private final int[] free;
  private int freeCount;
  private int unreserved;
  private final int[] depths; // [page] for which it was taken
  private int[] byDepth = new int[1]; // pages taken and not given back; as long as the deepest
  private Runnable reclaim =
      () -> {
        throw new IllegalStateException("more pages are taken than were reserved");
      };

  private HeldPages.PageCopy copy =
      (from, to) -> {
        throw new IllegalStateException("nobody copies pages");
      };

  KvPages(int count) {
    free = new int[count];
    for (int i = 0; i < count; i++) {
      free[i] = count - 1 - i;
    }
    freeCount = count;
    unreserved = count;
    depths = new int[count];
  }

  /**
   * Where pages come from when none is free.
   *
   * @param reclaim gives back at least one
   */
  void reclaimFrom(Runnable reclaim) {
    this.reclaim = reclaim;
  }

  /** Who makes a page hold what another one does. */
  void copyBy(HeldPages.PageCopy copies) {
    copy = copies;
  }

  /** Makes a page hold what another one does. */
  void copy(int from, int to) {
    copy.copy(from, to);
  }

  /** Pages in all. */
  int total() {
    return free.length;
  }

  /** Pages that hold nothing. */
  int free() {
    return freeCount;
  }

  /** Pages that nobody has set aside. */
  int unreserved() {
    return unreserved;
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

  /** Pages that hold something, by the depth for which they were taken, as far as any ever was. */
  List<Integer> byDepth() {
    return Arrays.stream(byDepth).boxed().toList();
  }

  /**
   * A page out of a reservation.
   *
   * @param depth what it is for: a slot group of the core, from 1, or 0 for prelude and coda
   */
  int take(int depth) {
    if (freeCount == 0) {
      reclaim.run();
    }
    int page = free[--freeCount];
    if (depth >= byDepth.length) {
      byDepth = Arrays.copyOf(byDepth, depth + 1);
    }
    depths[page] = depth;
    byDepth[depth]++;
    return page;
  }

  void give(int page) {
    byDepth[depths[page]]--;
    free[freeCount++] = page;
  }
}
