package muninn.engine;

import java.util.Arrays;
import java.util.Set;
import muninn.kernels.KvCache;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.model.Config;
import muninn.model.Forward;
import muninn.model.KvSharing;

/**
 * A request in flight: which positions have been opened, which KV pages it holds, and what its
 * answer is so far. It belongs to the engine's thread.
 */
final class Sequence {
  private static final int NONE = -1;

  /** Prompt positions that open together where the answer depends on which ones do. */
  private static final int CHUNK = 128;

  final Request request;
  final Answer answer;
  final Inspector inspector; // null for those who only want tokens
  private final Config config;
  private final Set<Integer> stopTokens;
  private final KvSharing kv;
  final ExitRule.Sees sees; // null at fixed depth
  private final int chunk;

  // Once admitted.
  int slot = NONE;
  private int[][] pages; // [KV slot][chunk of positions], NONE where nothing was written
  private int reserved;

  /** The next position to open. */
  int next;

  /** The row that the last lane left to its successor, whose token was sampled in it; or NONE. */
  int inheritedRow = NONE;

  /** Lanes that have not left. */
  int lanes;

  boolean ended;

  /** What its exit rule threw; null as long as it did not. */
  RuntimeException failure;

  /**
   * @param rows most lanes of the engine
   */
  Sequence(
      Request request,
      Answer answer,
      Inspector inspector,
      Config config,
      Set<Integer> stopTokens,
      int rows) {
    this.request = request;
    this.answer = answer;
    this.inspector = inspector;
    this.config = config;
    this.stopTokens = stopTokens;
    kv = request.thinking().kv();
    chunk = Math.min(CHUNK, rows);
    ExitRule rule = request.thinking().exit().rule();
    sees = rule == null ? null : rule.sees();
  }

  /** Positions that lanes may have: the last new token is said, never thought about. */
  int positions() {
    return Math.min(request.prompt().length + request.maxTokens() - 1, config.blockSize());
  }

  /** The most pages it may hold. */
  int mostPages() {
    return Math.toIntExact(
        Math.multiplyExact(KvCache.chunks(positions()), kv.slots(config, request.steps())));
  }

  boolean prefilling() {
    return next < lastOfPrompt() + 1;
  }

  int lastOfPrompt() {
    return request.prompt().length - 1;
  }

  /**
   * How many positions of the prompt may open now. Where they see each other's keys only as long as
   * they think together, they open in chunks of a fixed size, each after the one before has left:
   * so an answer does not depend on what else takes rows.
   */
  int openable(int freeRows) {
    int left = lastOfPrompt() + 1 - next;
    if (!kv.shares() && !request.thinking().exit().prompt()) {
      return Math.min(left, freeRows);
    }
    int together = Math.min(left, chunk);
    return lanes == 0 && together <= freeRows ? together : 0;
  }

  /** Whether a position may leave before its last step. */
  boolean exits(int position) {
    Exit exit = request.thinking().exit();
    return exit.rule() != null
        && (position > lastOfPrompt() || (exit.prompt() && position == lastOfPrompt()));
  }

  /** Begins to watch a position; null, and the sequence is to fail, where its rule throws. */
  ExitRule.Watch watch() {
    try {
      return request.thinking().exit().rule().watch();
    } catch (RuntimeException e) {
      failure = e;
      return null;
    }
  }

  /** Whether a position starts from the latent that the one before it left in their row. */
  boolean carriesOn(int position) {
    return request.thinking().continuous() && position > lastOfPrompt();
  }

  /** Whether a position's prediction is wanted. */
  boolean speaks(int position) {
    return inspector != null || position >= lastOfPrompt();
  }

  /** Whether the token predicted at this position opens another. */
  boolean continues(int position) {
    return position >= lastOfPrompt() && position + 1 < positions();
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
    reserved = mostPages();
    pages = new int[tableSlots()][KvCache.chunks(positions())];
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

  private int tableSlots() {
    return Forward.slots(config, kv.groups(request.steps()));
  }

  /** Opens the next position in this row. */
  Lane open(int row, int token) {
    lanes++;
    return new Lane(this, next++, row, token);
  }

  /** Makes sure that a position has pages for prelude and coda. */
  void hold(int position, KvPages pool, Sequences sequences) {
    hold(position, 0, Forward.slots(config, 0), pool, sequences);
  }

  /** Makes sure that a position has pages for a step, and answers with the step's slot group. */
  int hold(int position, int step, KvPages pool, Sequences sequences) {
    int group = kv.group(step);
    int from = Forward.slots(config, group);
    hold(position, from, from + config.core(), pool, sequences);
    return group;
  }

  private void hold(int position, int fromSlot, int toSlot, KvPages pool, Sequences sequences) {
    int place = position / KvCache.PAGE;
    for (int s = fromSlot; s < toSlot; s++) {
      if (pages[s][place] == NONE) {
        int shared = pages[kv.firstAlike(config, s)][place];
        pages[s][place] = shared == NONE ? pool.take() : shared;
        sequences.map(slot, s, place, pages[s][place]);
      }
    }
  }

  /**
   * A lane has left; the positions before it have too. Once a page's last position has, the
   * reservation for depths that none of them reached serves others.
   */
  void leaves(int position, KvPages pool) {
    lanes--;
    if ((position + 1) % KvCache.PAGE == 0) {
      int place = position / KvCache.PAGE;
      int unreached = 0;
      for (int s = 0; s < pages.length; s++) {
        if (owns(s) && pages[s][place] == NONE) {
          unreached++;
        }
      }
      reserved -= unreached;
      pool.unreserve(unreached);
    }
  }

  /** Gives pages and reservation back. */
  void release(KvPages pool) {
    for (int s = 0; s < pages.length; s++) {
      for (int page : pages[s]) {
        if (page != NONE && owns(s)) {
          pool.give(page);
        }
      }
    }
    pages = null;
    pool.unreserve(reserved);
  }

  /** Whether a slot's pages are its own, and not those of a slot before it. */
  private boolean owns(int slot) {
    return kv.firstAlike(config, slot) == slot;
  }

  /** Whether this token ends the answer. */
  boolean stopsAt(int token) {
    return !request.ignoreEos() && stopTokens.contains(token);
  }
}
