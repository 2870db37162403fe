package muninn.engine;

import java.util.Objects;
import java.util.Set;
import muninn.kernels.Lanes;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.model.Config;

/**
 * A request in flight: what its positions may do, the lanes that think about them, the KV pages
 * they hold, and the answer so far. It belongs to the engine's thread.
 */
final class Sequence {
  /** Prompt positions that open together where the answer depends on which ones do. */
  private static final int CHUNK = 128;

  final Request request;
  final Answer answer;
  final Inspector inspector; // null for those who only want tokens
  final Wave wave = new Wave();
  final ExitRule.Sees sees; // null at fixed depth
  private final Config config;
  private final Set<Integer> stopTokens;
  private final int chunk;

  // Once admitted.
  int slot = -1;
  HeldPages pages;
  Drafts drafts;
  private Exit exit;

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
    chunk = Math.min(CHUNK, rows);
    ExitRule rule = request.thinking().rule();
    sees = rule == null ? null : Objects.requireNonNull(rule.sees(), "what an exit rule sees");
  }

  /** Positions that lanes may have: the last new token is said, never thought about. */
  int positions() {
    return Math.min(request.prompt().length + request.maxTokens() - 1, config.blockSize());
  }

  /** The most pages it may hold. */
  int mostPages() {
    return HeldPages.most(config, request, positions());
  }

  int lastOfPrompt() {
    return request.prompt().length - 1;
  }

  boolean prefilling() {
    return wave.next() <= lastOfPrompt();
  }

  /**
   * How many positions of the prompt may open now. Where they see each other's keys only as long as
   * they think together, they open in chunks of a fixed size, each after the one before has left:
   * so an answer does not depend on what else takes rows.
   */
  int openable(int freeRows) {
    int left = lastOfPrompt() + 1 - wave.next();
    if (!request.thinking().kv().shares() && !exit.prompt()) {
      return Math.min(left, freeRows);
    }
    int together = Math.min(left, chunk);
    return wave.isEmpty() && together <= freeRows ? together : 0;
  }

  /** Whether a position may leave before its last step. */
  boolean exits(int position) {
    return exit.rule() != null
        && (position > lastOfPrompt() || (exit.prompt() && position == lastOfPrompt()));
  }

  /** Whether its rule is to be asked about a position after this step. */
  boolean asksAfter(int step) {
    return exit.asksAfter(step);
  }

  /** Begins to watch a position; null, and the sequence is to fail, where its rule throws. */
  ExitRule.Watch watch() {
    try {
      return Objects.requireNonNull(exit.rule().watch(), "an exit rule's watch");
    } catch (RuntimeException e) {
      failure = e;
      return null;
    }
  }

  /** Whether a lane starts from the latent that the one before it left in their row. */
  boolean carriesOn(Lane lane) {
    return request.thinking().continuous() && lane.token == Lanes.sampledIn(lane.row);
  }

  /** Whether a position's prediction is wanted. */
  boolean speaks(int position) {
    return inspector != null || position >= lastOfPrompt();
  }

  /** Whether its predictions are wanted after every step. */
  boolean observed() {
    return inspector != null && inspector.everyStep();
  }

  /** Whether the token predicted at this position opens another. */
  boolean continues(int position) {
    return position >= lastOfPrompt() && position + 1 < positions();
  }

  /** Whether this token ends the answer. */
  boolean stopsAt(int token) {
    return !request.ignoreEos() && stopTokens.contains(token);
  }

  /** Gets a place on the device; its pages are set aside already. */
  void admit(int slot, KvPages pool, Sequences sequences, DraftDepth depths) {
    this.slot = slot;
    pages = new HeldPages(config, request, positions(), pool, sequences, slot, mostPages());
    drafts = new Drafts(this, depths);
    exit = drafts.exit();
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
}
