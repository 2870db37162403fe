package muninn.engine;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import muninn.model.Config;
import muninn.model.Model;

/**
 * Everything of a request but its prompt: how much may be thought and said, how tokens are drawn,
 * how steps are spent, what ends the answer, what is reported. {@link RequestOptions} describes
 * each of them as data; what users call them, and what a value may be, stands there.
 *
 * @param steps most recurrence steps for every position of the request (r), at least 1
 * @param maxTokens most new tokens, at least 1
 * @param initScale scale of the random initial latent state; 0 starts from the zero vector
 * @param thinking how the steps are spent
 * @param stop texts, or special tokens by their text, that end the answer; they are not part of it;
 *     needs a tokenizer
 * @param ignoreEos go on after the model's end-of-text tokens
 * @param logProbs how many of the most probable tokens to report beside each chosen one, 0 for only
 *     the chosen one's log-probability, -1 for none
 */
public record Options(
    int steps,
    int maxTokens,
    float initScale,
    Sampling sampling,
    Thinking thinking,
    List<String> stop,
    boolean ignoreEos,
    int logProbs) {

  /** Greedy, at most 32 steps a token and 256 tokens, from random initial states. */
  public static final Options DEFAULT =
      new Options(32, 256, 1f, Sampling.GREEDY, Thinking.PLAIN, List.of(), false, -1);

  public Options {
    stop = List.copyOf(stop);
  }

  /** The same at the depth that a model was trained for. */
  public static Options of(Config config) {
    return DEFAULT.withSteps(config.meanRecurrence());
  }

  /**
   * What is worth saying of these options before a model answers, though nothing forbids them: that
   * they ask a model for more steps than it was trained for, where it was trained for so many and
   * not for any number. That is so where a step is not given the input embedding again; there a
   * thought leaves its course beyond them.
   */
  public Optional<String> caution(Model model) {
    int trained = model.config().meanRecurrence();
    return steps <= trained || model.architecture().injects()
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "steps is %d and %s (%s) is meant for %d: more make its answers worse, leave steps"
                    + " out or lower it",
                steps,
                model.name(),
                model.architecture().family(),
                trained));
  }

  /** Those of each single answer, in order. */
  public List<Options> each() {
    return List.of(this);
  }

  public Options withSteps(int steps) {
    return new Options(steps, maxTokens, initScale, sampling, thinking, stop, ignoreEos, logProbs);
  }

  public Options withMaxTokens(int maxTokens) {
    return new Options(steps, maxTokens, initScale, sampling, thinking, stop, ignoreEos, logProbs);
  }

  public Options withInitScale(float initScale) {
    return new Options(steps, maxTokens, initScale, sampling, thinking, stop, ignoreEos, logProbs);
  }

  public Options withSampling(Sampling sampling) {
    return new Options(steps, maxTokens, initScale, sampling, thinking, stop, ignoreEos, logProbs);
  }

  public Options withThinking(Thinking thinking) {
    return new Options(steps, maxTokens, initScale, sampling, thinking, stop, ignoreEos, logProbs);
  }

  public Options withStop(List<String> stop) {
    return new Options(steps, maxTokens, initScale, sampling, thinking, stop, ignoreEos, logProbs);
  }

  public Options withIgnoreEos(boolean ignoreEos) {
    return new Options(steps, maxTokens, initScale, sampling, thinking, stop, ignoreEos, logProbs);
  }

  public Options withLogProbs(int logProbs) {
    return new Options(steps, maxTokens, initScale, sampling, thinking, stop, ignoreEos, logProbs);
  }

  public Options withExit(Exit exit) {
    return withThinking(thinking.withExit(exit));
  }

  public Options withTemperature(float temperature) {
    return withSampling(sampling.withTemperature(temperature));
  }

  public Options withSeed(long seed) {
    return withSampling(sampling.withSeed(seed));
  }
}
