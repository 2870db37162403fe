package muninn.engine;

import java.util.Objects;
import java.util.Set;
import muninn.model.Config;

/**
 * A request that waits for its place in the batch: what was asked for, the answer to come, and the
 * most that it may take.
 *
 * @param inspector who looks at its positions; null for those who only want tokens
 * @param stopTokens that end the answer
 * @param sees what its exit rule looks at; null at fixed depth
 * @param positions that lanes may have: the last new token is said, never thought about
 * @param mostPages the most KV pages that it may hold
 */
record Ticket(
    Request request,
    Answer answer,
    Inspector inspector,
    Set<Integer> stopTokens,
    ExitRule.Sees sees,
    int positions,
    int mostPages) {

  /** A request to a model of this shape. */
  static Ticket of(
      Request request, Answer answer, Inspector inspector, Set<Integer> stopTokens, Config config) {
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
        HeldPages.most(config, options.thinking().kv(), options.steps(), positions));
  }

  int lastOfPrompt() {
    return request.prompt().length - 1;
  }
}
