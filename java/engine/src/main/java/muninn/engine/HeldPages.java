package muninn.engine;

import java.util.Arrays;
import muninn.kernels.KvCache;
import muninn.model.Config;
import muninn.model.KvSharing;
import muninn.model.forward.Forward;

/**
 * The KV pages of one sequence: taken when a position first reaches a depth, given back when the
 * sequence ends. Slots that share keys share pages here, so the device need not know of it. A chunk
 * of positions may be the pages of others, found rather than written, or left to others once it is
 * final: these are not given back.
 */
final class HeldPages {
  private static final int NONE = -1;

  private final Config config;
  private final KvSharing kv;
  private final KvPages pool;
  private final PageTable table;
  private final int[][] pages; // [KV slot][chunk of positions], NONE where nothing was written
  private final HeldPages origin; // of a branch, that of the sequence; null else
  private final int fork; // of a branch, the first position that is its own
  private HeldPages branch; // of a sequence that has one
  private final boolean[] shared; // [chunk] whether its pages are not this sequence's alone
  private final int perChunk; // pages of a chunk at full depth
  private int chunksReserved; // from the first one
  private int reserved; // pages set aside and not given up again, those taken among them

  /** The device's page table of this sequence. */
  @FunctionalInterface
  interface PageTable {
    /** Says in which page positions {@code chunk · PAGE …} of a slot live. */
    void map(int slot, int chunk, int page);
  }

  /** Makes a page hold what another one does. */
  @FunctionalInterface
  interface PageCopy {
    void copy(int from, int to);
  }

  /**
   * For a sequence that has reserved nothing yet.
   *
   * @param steps most steps of a position
   * @param positions most positions
   */
  HeldPages(Config config, KvSharing kv, int steps, int positions, KvPages pool, PageTable table) {
    this.origin = null;
    this.fork = 0;
    this.config = config;
    this.kv = kv;
    this.pool = pool;
    this.table = table;
    pages = new int[Forward.slots(config, kv.groups(steps))][KvCache.chunks(positions)];
    for (int[] chunks : pages) {
      Arrays.fill(chunks, NONE);
    }
    shared = new boolean[KvCache.chunks(positions)];
    perChunk = Math.toIntExact(kv.slots(config, steps));
  }

  private HeldPages(HeldPages origin, int fork, PageTable table) {
    this.origin = origin;
    this.fork = fork;
    this.table = table;
    config = origin.config;
    kv = origin.kv;
    pool = origin.pool;
    perChunk = origin.perChunk;
    pages = new int[origin.pages.length][origin.shared.length];
    for (int[] chunks : pages) {
      Arrays.fill(chunks, NONE);
    }
    shared = new boolean[origin.shared.length];
    chunksReserved = fork / KvCache.PAGE;
    Arrays.fill(shared, 0, chunksReserved, true);
  }

  /**
   * The pages of a branch, which has those before a position from here. The page that the position
   * is in it has itself, from when it first writes there: then all before it have written theirs.
   * Only where steps do not share keys.
   */
  HeldPages branch(int position, PageTable table) {
    branch = new HeldPages(this, position, table);
    return branch;
  }

  /** The branch is no more. */
  void endBranch() {
    branch.release();
    branch = null;
  }

  /**
   * What the branch wrote takes the place of what was written here behind the position before it.
   * The coda's keys up to that position are here; its own it writes again when it leaves.
   */
  void takeBranch() {
    HeldPages taken = branch;
    branch = null;
    int from = taken.fork / KvCache.PAGE;
    for (int slot = 0; slot < pages.length; slot++) {
      boolean coda = slot >= config.prelude() && slot < Forward.slots(config, 0);
      for (int chunk = from; chunk < shared.length; chunk++) {
        int theirs = taken.pages[slot][chunk];
        if (theirs != NONE && coda && pages[slot][chunk] != NONE) {
          pool.give(theirs);
        } else if (theirs != NONE) {
          if (pages[slot][chunk] != NONE) {
            pool.give(pages[slot][chunk]);
          }
          pages[slot][chunk] = theirs;
          table.map(slot, chunk, theirs);
        }
      }
    }
    int more = Math.max(0, taken.chunksReserved - chunksReserved);
    chunksReserved += more;
    reserved += more * perChunk;
    pool.unreserve(taken.reserved - more * perChunk);
  }

  /** The most pages that a request of so many steps and positions may hold. */
  static int most(Config config, KvSharing kv, int steps, int positions) {
    return Math.toIntExact(Math.multiplyExact(KvCache.chunks(positions), kv.slots(config, steps)));
  }

  /**
   * Sets aside what so many positions from the first on may need at full depth, as far as that is
   * not done yet; false, and nothing changes, where the pool has not as much.
   */
  boolean reserve(int positions) {
    int chunks = KvCache.chunks(positions) - chunksReserved;
    if (chunks <= 0) {
      return true;
    }
    if (!pool.reserve(chunks * perChunk)) {
      return false;
    }
    chunksReserved += chunks;
    reserved += chunks * perChunk;
    return true;
  }

  /** Pages that its next chunk of positions will need; 0 where there is none. */
  int growth() {
    return chunksReserved < shared.length ? perChunk : 0;
  }

  /** Makes sure that a position has pages for prelude and coda. */
  void hold(int position) {
    hold(position, 0, Forward.slots(config, 0));
  }

  /** Makes sure that a position has pages for a step, and answers with the step's slot group. */
  int hold(int position, int step) {
    int group = kv.group(step);
    int from = Forward.slots(config, group);
    hold(position, from, from + config.core());
    return group;
  }

  private void hold(int position, int fromSlot, int toSlot) {
    int chunk = position / KvCache.PAGE;
    for (int slot = fromSlot; slot < toSlot; slot++) {
      if (pages[slot][chunk] == NONE) {
        if (origin != null) {
          takeOver(slot);
        }
        int shared = pages[kv.firstAlike(config, slot)][chunk];
        pages[slot][chunk] = shared == NONE ? pool.take(depth(slot)) : shared;
        table.map(slot, chunk, pages[slot][chunk]);
        if (origin != null && chunk == fork / KvCache.PAGE && fork % KvCache.PAGE > 0) {
          pool.copy(origin.pages[slot][chunk], pages[slot][chunk]);
        }
      }
    }
  }

  /** The slot group of a slot, from 1; 0 for prelude and coda. */
  private int depth(int slot) {
    int before = Forward.slots(config, 0);
    return slot < before ? 0 : 1 + (slot - before) / config.core();
  }

  /** Of a branch: the sequence's pages of a slot, which are all there before it is deep enough. */
  private void takeOver(int slot) {
    for (int chunk = 0; chunk < fork / KvCache.PAGE; chunk++) {
      takeOver(slot, chunk);
    }
  }

  private void takeOver(int slot, int chunk) {
    if (pages[slot][chunk] != origin.pages[slot][chunk]) {
      pages[slot][chunk] = origin.pages[slot][chunk];
      table.map(slot, chunk, pages[slot][chunk]);
    }
  }

  /**
   * A position, and with it all before it, will go no deeper. Where it was its page's last, what is
   * reserved for depths that none of the page reached serves others.
   */
  void settled(int position) {
    if ((position + 1) % KvCache.PAGE != 0) {
      return;
    }
    int unreached = 0;
    for (int slot = 0; slot < pages.length; slot++) {
      if (owns(slot) && pages[slot][position / KvCache.PAGE] == NONE) {
        unreached++;
      }
    }
    reserved -= unreached;
    pool.unreserve(unreached);
  }

  /**
   * A chunk lives in these pages of others, and in none of its own.
   *
   * @param others one for each slot that has its own, all of them held for this sequence after this
   */
  void find(int chunk, int[] others) {
    give(chunk);
    int next = 0;
    for (int slot = 0; slot < pages.length; slot++) {
      pages[slot][chunk] = owns(slot) ? others[next++] : pages[kv.firstAlike(config, slot)][chunk];
      table.map(slot, chunk, pages[slot][chunk]);
      if (branch != null && branch.pages[slot][chunk] != NONE) {
        branch.takeOver(slot, chunk);
      }
    }
    shared[chunk] = true;
    reserved -= perChunk;
    pool.unreserve(perChunk);
  }

  /**
   * A chunk is final, at full depth, and left to others with the reservation of its pages.
   *
   * @return one page for each slot that has its own
   */
  int[] leave(int chunk) {
    int[] left = new int[perChunk];
    int next = 0;
    for (int slot = 0; slot < pages.length; slot++) {
      if (owns(slot)) {
        left[next++] = pages[slot][chunk];
      }
    }
    shared[chunk] = true;
    reserved -= perChunk;
    return left;
  }

  /** Gives pages and reservation back. */
  void release() {
    for (int chunk = 0; chunk < shared.length; chunk++) {
      give(chunk);
    }
    pool.unreserve(reserved);
  }

  /** Gives the pages of a chunk back that are this sequence's alone. */
  private void give(int chunk) {
    if (shared[chunk]) {
      return;
    }
    for (int slot = 0; slot < pages.length; slot++) {
      if (pages[slot][chunk] != NONE && owns(slot)) {
        pool.give(pages[slot][chunk]);
      }
    }
  }

  /** Whether a slot's pages are its own, and not those of a slot before it. */
  private boolean owns(int slot) {
    return kv.firstAlike(config, slot) == slot;
  }
}
