package muninn.engine;

import java.util.Arrays;
import java.util.Set;
import muninn.kernels.KvCache;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.model.Config;
import muninn.model.Forward;

/**
 * A request in flight: which positions have been opened, which KV pages it holds, and what its
 * answer is so far. It belongs to the engine's thread.
 */
final class Sequence {
  private static final int NONE = -1;

  final Request request;
  final Answer answer;
  final Inspector inspector; // null for those who only want tokens
  private final Config config;
  private final Set<Integer> stopTokens;

  // Once admitted.
  int slot = NONE;
  private int[][] pages; // [KV slot][chunk], NONE where nothing was written

  /** The next position to open. */
  int next;

  /** The row that the last lane left to its successor, whose token was sampled in it; or NONE. */
  int inheritedRow = NONE;

  /** Live lanes. */
  int lanes;

  boolean ended;

  Sequence(
      Request request, Answer answer, Inspector inspector, Config config, Set<Integer> stopTokens) {
    this.request = request;
    this.answer = answer;
    this.inspector = inspector;
    this.config = config;
    this.stopTokens = stopTokens;
  }

  /** Positions that lanes may have: the last new token is said, never thought about. */
  int positions() {
    return Math.min(request.prompt().length + request.maxTokens() - 1, config.blockSize());
  }

  /** The most pages it may hold. */
  int mostPages() {
    return Math.multiplyExact(KvCache.chunks(positions()), slots());
  }

  private int slots() {
    return Forward.slots(config, request.steps());
  }

  boolean prefilling() {
    return next < request.prompt().length;
  }

  /** Whether a position's prediction is wanted. */
  boolean speaks(int position) {
    return inspector != null || position >= request.prompt().length - 1;
  }

  /** Whether the token predicted at this position opens another. */
  boolean continues(int position) {
    return position >= request.prompt().length - 1 && position + 1 < positions();
  }

  boolean inherits() {
    return inheritedRow != NONE;
  }

  int takeInheritedRow() {
    int row = inheritedRow;
    inheritedRow = NONE;
    return row;
  }

  /** Gets a place and its pages' table. */
  void admit(int slot, Sequences sequences) {
    this.slot = slot;
    pages = new int[slots()][KvCache.chunks(positions())];
    for (int[] chunks : pages) {
      Arrays.fill(chunks, NONE);
    }
    Sampling s = request.sampling();
    sequences.open(
        slot,
        new SequenceParameters(
            s.seed(),
            request.initScale(),
            s.temperature(),
            s.topK(),
            s.topP(),
            s.minP(),
            s.repetitionPenalty(),
            request.logProbs()));
  }

  /** Makes sure that a position has pages in these KV slots. */
  void hold(int position, int fromSlot, int toSlot, KvPages pool, Sequences sequences) {
    int chunk = position / KvCache.PAGE;
    for (int s = fromSlot; s < toSlot; s++) {
      if (pages[s][chunk] == NONE) {
        pages[s][chunk] = pool.take();
        sequences.map(slot, s, chunk, pages[s][chunk]);
      }
    }
  }

  /** Gives pages and reservation back. */
  void release(KvPages pool) {
    for (int[] chunks : pages) {
      for (int page : chunks) {
        if (page != NONE) {
          pool.give(page);
        }
      }
    }
    pages = null;
    pool.unreserve(mostPages());
  }

  /** Whether this token ends the answer. */
  boolean stopsAt(int token) {
    return !request.ignoreEos() && stopTokens.contains(token);
  }
}
