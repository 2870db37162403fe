package muninn.engine.request;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import muninn.UserException;

/**
 * The options of a request: one table that everything else derives from, written in {@link
 * SamplingOptions}, {@link AnswerOptions} and {@link ThinkingOptions}. The names are vLLM's and
 * Hugging Face's where these have one. What depends on the model or on another option is checked in
 * {@code RequestCheck}.
 */
public final class RequestOptions {
  private RequestOptions() {}

  /** All of them, in the order in which they are told, and in which those stated are applied. */
  public static final List<RequestOption<?>> ALL =
      List.of(
          ThinkingOptions.STEPS,
          SamplingOptions.MAX_TOKENS,
          SamplingOptions.TEMPERATURE,
          SamplingOptions.TOP_P,
          SamplingOptions.SEED,
          SamplingOptions.STOP,
          SamplingOptions.TOP_K,
          SamplingOptions.MIN_P,
          SamplingOptions.REPETITION_PENALTY,
          SamplingOptions.PRESENCE_PENALTY,
          SamplingOptions.FREQUENCY_PENALTY,
          SamplingOptions.LOGIT_BIAS,
          SamplingOptions.INIT_SCALE,
          SamplingOptions.IGNORE_EOS,
          AnswerOptions.N,
          AnswerOptions.LOGPROBS,
          AnswerOptions.PROMPT_LOGPROBS,
          ThinkingOptions.EXIT,
          ThinkingOptions.KV,
          ThinkingOptions.SPECULATE,
          ThinkingOptions.EXIT_THRESHOLD,
          ThinkingOptions.MIN_STEPS,
          ThinkingOptions.EXIT_EVERY,
          ThinkingOptions.EXIT_LOOKAHEAD,
          ThinkingOptions.EXIT_PROMPT,
          ThinkingOptions.EXIT_SELECT,
          ThinkingOptions.CONTINUOUS,
          ThinkingOptions.CONTINUOUS_FROM);

  /** The option of a name. */
  public static Optional<RequestOption<?>> named(String name) {
    return ALL.stream().filter(option -> option.name().equals(name)).findFirst();
  }

  /** All names, for a user to see. */
  public static String names() {
    return String.join(", ", ALL.stream().map(RequestOption::name).toList());
  }

  /**
   * The defaults with what is stated put over them.
   *
   * @throws UserException naming what cannot be stated together
   */
  public static Options over(Options defaults, Collection<RequestOption.Stated<?>> stated) {
    Options options = defaults;
    for (RequestOption.Stated<?> one :
        stated.stream().sorted(Comparator.comparing(s -> ALL.indexOf(s.option()))).toList()) {
      options = one.over(options);
    }
    return options;
  }
}
