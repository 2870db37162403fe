package muninn.engine.request;

import static muninn.engine.request.RequestOption.Group.SAMPLING;

import java.util.List;
import java.util.Map;

/**
 * Options of a request that say which tokens are taken: how many, drawn how, and what stops them.
 * Every user of the table reads them through {@link RequestOptions}.
 */
public final class SamplingOptions {
  private SamplingOptions() {}

  public static final RequestOption<Integer> MAX_TOKENS =
      new RequestOption<>(
              "max_tokens",
              SAMPLING,
              OptionType.whole("N", 1, 1 << 30, ""),
              Options::maxTokens,
              Options::withMaxTokens,
              "Most new tokens; the model's block_size bounds it too.",
              "256")
          .shown();

  public static final RequestOption<Float> TEMPERATURE =
      new RequestOption<>(
              "temperature",
              SAMPLING,
              OptionType.real(
                  "T", "at least 0 and at most 1e6 (0 is greedy)", x -> x >= 0 && x <= 1e6),
              o -> o.sampling().temperature(),
              Options::withTemperature,
              "0 takes the most probable token, 1 draws as the model says.",
              "0")
          .shown();

  public static final RequestOption<Float> TOP_P =
      new RequestOption<>(
              "top_p",
              SAMPLING,
              OptionType.real("P", "above 0 and at most 1 (1 keeps all)", x -> x > 0 && x <= 1),
              o -> o.sampling().topP(),
              (o, p) -> o.withSampling(o.sampling().withTopP(p)),
              "Draw among the fewest tokens of total probability P.",
              "1, all")
          .shown();

  public static final RequestOption<Long> SEED =
      new RequestOption<>(
              "seed",
              SAMPLING,
              OptionType.longs("N"),
              o -> o.sampling().seed(),
              Options::withSeed,
              "Same seed, same answer, alone or in any batch.",
              "0")
          .shown();

  public static final RequestOption<List<String>> STOP =
      new RequestOption<>(
              "stop",
              SAMPLING,
              OptionType.texts("TEXT"),
              Options::stop,
              Options::withStop,
              "End the answer before this text; may be repeated.",
              "none")
          .shown();

  public static final RequestOption<Integer> TOP_K =
      new RequestOption<>(
          "top_k",
          SAMPLING,
          OptionType.kept("K"),
          o -> o.sampling().topK(),
          (o, k) -> o.withSampling(o.sampling().withTopK(k)),
          "Draw among the K most probable tokens.",
          "0, all");

  public static final RequestOption<Float> MIN_P =
      new RequestOption<>(
          "min_p",
          SAMPLING,
          OptionType.real("P", "from 0 (keeps all) to 1", x -> x >= 0 && x <= 1),
          o -> o.sampling().minP(),
          (o, p) -> o.withSampling(o.sampling().withMinP(p)),
          "Drop tokens below P times the most probable one.",
          "0, none");

  public static final RequestOption<Float> REPETITION_PENALTY =
      new RequestOption<>(
          "repetition_penalty",
          SAMPLING,
          OptionType.real(
              "X", "above 0, from 0.001 to 1000 (1 is none)", x -> x >= 1e-3f && x <= 1e3),
          o -> o.sampling().repetitionPenalty(),
          (o, x) -> o.withSampling(o.sampling().withRepetitionPenalty(x)),
          "Above 1 makes tokens that were there less probable.",
          "1, none");

  public static final RequestOption<Float> PRESENCE_PENALTY =
      new RequestOption<>(
          "presence_penalty",
          SAMPLING,
          OptionType.real("X", "from -2 to 2 (0 is none)", x -> x >= -2 && x <= 2),
          o -> o.sampling().presencePenalty(),
          (o, x) -> o.withSampling(o.sampling().withPresencePenalty(x)),
          "Above 0 makes tokens that were generated less probable.",
          "0, none");

  public static final RequestOption<Float> FREQUENCY_PENALTY =
      new RequestOption<>(
          "frequency_penalty",
          SAMPLING,
          OptionType.real("X", "from -2 to 2 (0 is none)", x -> x >= -2 && x <= 2),
          o -> o.sampling().frequencyPenalty(),
          (o, x) -> o.withSampling(o.sampling().withFrequencyPenalty(x)),
          "Above 0 makes tokens less probable for each time that they were generated.",
          "0, none");

  public static final RequestOption<Map<Integer, Float>> LOGIT_BIAS =
      new RequestOption<>(
          "logit_bias",
          SAMPLING,
          LogitBias.type(),
          o -> o.sampling().logitBias(),
          (o, biases) -> o.withSampling(o.sampling().withLogitBias(biases)),
          "Add to the logits of these tokens before all else; -100 forbids a token; may be"
              + " repeated.",
          "none");

  public static final RequestOption<Float> INIT_SCALE =
      new RequestOption<>(
          "init_scale",
          SAMPLING,
          OptionType.real("X", "at least 0 and at most 1e6", x -> x >= 0 && x <= 1e6),
          Options::initScale,
          Options::withInitScale,
          "Scale of the random state that thinking starts from; 0 is none.",
          "1");

  public static final RequestOption<Boolean> IGNORE_EOS =
      new RequestOption<>(
          "ignore_eos",
          SAMPLING,
          OptionType.flag(),
          Options::ignoreEos,
          Options::withIgnoreEos,
          "Go on after the model says that it is done.",
          "no");
}
