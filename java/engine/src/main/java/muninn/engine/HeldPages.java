package muninn.engine;

import java.util.Arrays;
import muninn.kernels.KvCache;
import muninn.kernels.Sequences;
import muninn.model.Config;
import muninn.model.Forward;
import muninn.model.KvSharing;

/**
 * The KV pages of one sequence: taken when a position first reaches a depth, given back when the
 * sequence ends. Slots that share keys share pages here, so the device need not know of it.
 */
final class HeldPages {
  private static final int NONE = -1;

  private final Config config;
  private final KvSharing kv;
  private final KvPages pool;
  private final Sequences sequences;
  private final int sequence;
  private final int[][] pages; // [KV slot][chunk of positions], NONE where nothing was written
  private int reserved;

  /**
   * @param sequence its place on the device
   * @param reserved the {@link #most} that it set aside in the pool
   */
  HeldPages(
      Config config,
      Request request,
      int positions,
      KvPages pool,
      Sequences sequences,
      int sequence,
      int reserved) {
    this.config = config;
    kv = request.thinking().kv();
    this.pool = pool;
    this.sequences = sequences;
    this.sequence = sequence;
    this.reserved = reserved;
    int slots = Forward.slots(config, kv.groups(request.steps()));
    pages = new int[slots][KvCache.chunks(positions)];
    for (int[] chunks : pages) {
      Arrays.fill(chunks, NONE);
    }
  }

  /** The most pages that a request of so many positions may hold. */
  static int most(Config config, Request request, int positions) {
    long slots = request.thinking().kv().slots(config, request.steps());
    return Math.toIntExact(Math.multiplyExact(KvCache.chunks(positions), slots));
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
        int shared = pages[kv.firstAlike(config, slot)][chunk];
        pages[slot][chunk] = shared == NONE ? pool.take() : shared;
        sequences.map(sequence, slot, chunk, pages[slot][chunk]);
      }
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

  /** Gives pages and reservation back. */
  void release() {
    for (int slot = 0; slot < pages.length; slot++) {
      for (int page : pages[slot]) {
        if (page != NONE && owns(slot)) {
          pool.give(page);
        }
      }
    }
    pool.unreserve(reserved);
  }

  /** Whether a slot's pages are its own, and not those of a slot before it. */
  private boolean owns(int slot) {
    return kv.firstAlike(config, slot) == slot;
  }
}
