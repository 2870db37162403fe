package muninn.engine;

import java.util.List;

/**
 * One prompt to be continued; prompt and stop texts are copied. Validated by {@link Engine#submit}:
 * every refusal names field, value and remedy.
 *
 * @param prompt token ids, at least one
 * @param steps most recurrence steps for every position of this request (r), at least 1
 * @param maxTokens most new tokens, at least 1
 * @param initScale scale of the random initial latent state; 0 starts from the zero vector
 * @param stop texts, or special tokens by their text, that end the answer; they are not part of it;
 *     needs a tokenizer
 * @param ignoreEos go on after the model's end-of-text tokens
 * @param logProbs how many of the most probable tokens to report beside each chosen one, 0 for only
 *     the chosen one's log-probability, -1 for none
 * @param thinking how the steps are spent
 */
public record Request(
    int[] prompt,
    int steps,
    int maxTokens,
    Sampling sampling,
    float initScale,
    List<String> stop,
    boolean ignoreEos,
    int logProbs,
    Thinking thinking) {

  public Request {
    prompt = prompt.clone(); // checked once, read by the engine's thread later
    stop = List.copyOf(stop);
  }

  /** With {@link Thinking#PLAIN}. */
  public Request(
      int[] prompt,
      int steps,
      int maxTokens,
      Sampling sampling,
      float initScale,
      List<String> stop,
      boolean ignoreEos,
      int logProbs) {
    this(prompt, steps, maxTokens, sampling, initScale, stop, ignoreEos, logProbs, Thinking.PLAIN);
  }

  /** Greedy, from random initial states, no stop strings, no log-probabilities. */
  public static Request of(int[] prompt, int steps, int maxTokens) {
    return new Request(prompt, steps, maxTokens, Sampling.GREEDY, 1f, List.of(), false, -1);
  }

  /** The same request, thought about in another way. */
  public Request with(Thinking thinking) {
    return new Request(
        prompt, steps, maxTokens, sampling, initScale, stop, ignoreEos, logProbs, thinking);
  }
}
