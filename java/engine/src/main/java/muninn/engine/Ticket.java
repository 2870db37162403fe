package muninn.engine;

import java.util.Objects;
import java.util.Set;
import muninn.engine.request.ExitRule;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Thinking;
import muninn.kernels.SequenceParameters;
import muninn.model.Config;

/**
 * A request that waits for its place in the batch: what was asked for, the answer to come, and the
 * most that it may take. It may have been in work before, and been set back: then what it has said
 * stands, and is thought about again.
 *
 * @param inspector who looks at its positions; null for those who only want tokens
 * @param stopTokens that end the answer
 * @param sees what its exit rule looks at; null at fixed depth
 * @param positions that lanes may have: the last new token is said, never thought about
 * @param mostPages the most KV pages that it may hold
 * @param known tokens of the prompt, and those of the answer that are known already
 * @param again whether it was set back
 */
record Ticket(
    Request request,
    Answer answer,
    Inspector inspector,
    Set<Integer> stopTokens,
    ExitRule.Sees sees,
    int positions,
    int mostPages,
    int[] known,
    boolean again) {

  /**
   * A request to a model of this shape.
   *
   * @param known tokens of the prompt, and those of the answer that are not to be drawn
   */
  static Ticket of(
      Request request,
      int[] known,
      Answer answer,
      Inspector inspector,
      Set<Integer> stopTokens,
      Config config) {
    Options options = request.options();
    ExitRule rule = options.thinking().rule();
    int positions = Math.min(request.prompt().length + options.maxTokens() - 1, config.blockSize());
    return new Ticket(
        request,
        answer,
        inspector,
        stopTokens,
        rule == null ? null : Objects.requireNonNull(rule.sees(), "what an exit rule sees"),
        positions,
        HeldPages.most(config, options.thinking().kv(), options.steps(), positions),
        known,
        false);
  }

  /** The same after it was set back. */
  Ticket again(int[] known) {
    return new Ticket(
        request, answer, inspector, stopTokens, sees, positions, mostPages, known, true);
  }

  /**
   * The last position that is thought about as part of a prompt. What was said already is, where
   * that leaves the same keys; else its positions open one after another, as they did.
   */
  int lastOfPrompt() {
    Thinking thinking = request.options().thinking();
    boolean asPrompt = thinking.thinksAsPrompt() && thinking.exit().rule() == null;
    int prompt = request.prompt().length;
    return (asPrompt ? Math.max(prompt, Math.min(known.length, shownFrom())) : prompt) - 1;
  }

  /** The first position whose every step is shown, which says what it then said; or none is. */
  private int shownFrom() {
    return inspector == null || !inspector.everyStep() ? Integer.MAX_VALUE : inspector.looksFrom();
  }

  /** Whether it may be set back for want of memory. */
  boolean maySetBack() {
    return inspector == null || !inspector.everyStep();
  }

  /** What the device is told of it. */
  SequenceParameters parameters() {
    Options options = request.options();
    return options
        .sampling()
        .told(options.initScale(), options.logProbs(), request.prompt().length);
  }

  /** The slot group of its deepest step. */
  int deepest() {
    return request.options().thinking().kv().groups(request.options().steps()) - 1;
  }

  /** Pages for these. */
  int pagesAtFirst(Config config) {
    Options options = request.options();
    return HeldPages.most(config, options.thinking().kv(), options.steps(), positionsAtFirst());
  }

  /** Positions for which it needs memory before it starts. */
  int positionsAtFirst() {
    return maySetBack() ? Math.min(known.length, positions) : positions;
  }
}
