package muninn.engine.request;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
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
 * @param promptLogProbs the same of the prompt's tokens; such a prompt is thought about in full
 * @param n how many answers; {@link #each} says with which seeds
 */
public record Options(
    int steps,
    int maxTokens,
    float initScale,
    Sampling sampling,
    Thinking thinking,
    List<String> stop,
    boolean ignoreEos,
    int logProbs,
    int promptLogProbs,
    int n) {

  /** Greedy, at most 32 steps a token and 256 tokens, from random initial states. */
  public static final Options DEFAULT =
      new Options(32, 256, 1f, Sampling.GREEDY, Thinking.PLAIN, List.of(), false, -1, -1, 1);

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

  /**
   * Those of each single answer, in order. The first keeps the seed; answer i from there has the
   * i-th number of SplitMix64 (Steele, Lea and Flood 2014) begun at it, so that it can be asked for
   * alone, and answers of neighbouring seeds have nothing in common.
   */
  public List<Options> each() {
    return IntStream.range(0, n).mapToObj(i -> withN(1).withSeed(seed(i))).toList();
  }

  private long seed(int answer) {
    if (answer == 0) {
      return sampling.seed();
    }
    long z = sampling.seed() + answer * 0x9E3779B97F4A7C15L;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  public Options withSteps(int steps) {
    return with(copy -> copy.steps = steps);
  }

  public Options withMaxTokens(int maxTokens) {
    return with(copy -> copy.maxTokens = maxTokens);
  }

  public Options withInitScale(float initScale) {
    return with(copy -> copy.initScale = initScale);
  }

  public Options withSampling(Sampling sampling) {
    return with(copy -> copy.sampling = sampling);
  }

  public Options withThinking(Thinking thinking) {
    return with(copy -> copy.thinking = thinking);
  }

  public Options withStop(List<String> stop) {
    return with(copy -> copy.stop = stop);
  }

  public Options withIgnoreEos(boolean ignoreEos) {
    return with(copy -> copy.ignoreEos = ignoreEos);
  }

  public Options withLogProbs(int logProbs) {
    return with(copy -> copy.logProbs = logProbs);
  }

  public Options withPromptLogProbs(int promptLogProbs) {
    return with(copy -> copy.promptLogProbs = promptLogProbs);
  }

  public Options withN(int n) {
    return with(copy -> copy.n = n);
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

  private Options with(Consumer<Copy> change) {
    Copy copy = new Copy(this);
    change.accept(copy);
    return copy.done();
  }

  /** Options while one of them is set: the one place, beside the record itself, that lists all. */
  private static final class Copy {
    private int steps;
    private int maxTokens;
    private float initScale;
    private Sampling sampling;
    private Thinking thinking;
    private List<String> stop;
    private boolean ignoreEos;
    private int logProbs;
    private int promptLogProbs;
    private int n;

    Copy(Options from) {
      steps = from.steps;
      maxTokens = from.maxTokens;
      initScale = from.initScale;
      sampling = from.sampling;
      thinking = from.thinking;
      stop = from.stop;
      ignoreEos = from.ignoreEos;
      logProbs = from.logProbs;
      promptLogProbs = from.promptLogProbs;
      n = from.n;
    }

    Options done() {
      return new Options(
          steps,
          maxTokens,
          initScale,
          sampling,
          thinking,
          stop,
          ignoreEos,
          logProbs,
          promptLogProbs,
          n);
    }
  }
}
