package muninn.engine;

import static muninn.engine.RequestOption.Group.ANSWER;
import static muninn.engine.RequestOption.Group.SAMPLING;
import static muninn.engine.RequestOption.Group.THINKING;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import muninn.UserException;
import muninn.model.KvSharing;

/**
 * The options of a request: one table that everything else derives from. The names are vLLM's and
 * Hugging Face's where these have one. What depends on the model or on another option is checked in
 * {@link RequestCheck}.
 */
public final class RequestOptions {
  private static final int MOST_ANSWERS = 128; // as OpenAI has it

  private RequestOptions() {}

  public static final RequestOption<Integer> STEPS =
      new RequestOption<>(
              "steps",
              THINKING,
              OptionType.whole("N", 1, Integer.MAX_VALUE, ""),
              Options::steps,
              Options::withSteps,
              "Most recurrence steps for a token.",
              "the model's mean_recurrence",
              false)
          .shown();

  public static final RequestOption<Integer> MAX_TOKENS =
      new RequestOption<>(
              "max_tokens",
              SAMPLING,
              OptionType.whole("N", 1, 1 << 30, ""),
              Options::maxTokens,
              Options::withMaxTokens,
              "Most new tokens; the model's block_size bounds it too.",
              "256",
              false)
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
              "0",
              false)
          .shown();

  public static final RequestOption<Float> TOP_P =
      new RequestOption<>(
              "top_p",
              SAMPLING,
              OptionType.real("P", "above 0 and at most 1 (1 keeps all)", x -> x > 0 && x <= 1),
              o -> o.sampling().topP(),
              (o, p) -> o.withSampling(o.sampling().withTopP(p)),
              "Draw among the fewest tokens of total probability P.",
              "1, all",
              false)
          .shown();

  public static final RequestOption<Long> SEED =
      new RequestOption<>(
              "seed",
              SAMPLING,
              OptionType.longs("N"),
              o -> o.sampling().seed(),
              Options::withSeed,
              "Same seed, same answer, alone or in any batch.",
              "0",
              false)
          .shown();

  public static final RequestOption<List<String>> STOP =
      new RequestOption<>(
              "stop",
              SAMPLING,
              OptionType.texts("TEXT"),
              Options::stop,
              Options::withStop,
              "End the answer before this text; may be repeated.",
              "none",
              false)
          .shown();

  public static final RequestOption<Integer> TOP_K =
      new RequestOption<>(
          "top_k",
          SAMPLING,
          OptionType.whole("K", 0, Integer.MAX_VALUE, " (0 keeps all)"),
          o -> o.sampling().topK(),
          (o, k) -> o.withSampling(o.sampling().withTopK(k)),
          "Draw among the K most probable tokens.",
          "0, all",
          false);

  public static final RequestOption<Float> MIN_P =
      new RequestOption<>(
          "min_p",
          SAMPLING,
          OptionType.real("P", "from 0 (keeps all) to 1", x -> x >= 0 && x <= 1),
          o -> o.sampling().minP(),
          (o, p) -> o.withSampling(o.sampling().withMinP(p)),
          "Drop tokens below P times the most probable one.",
          "0, none",
          false);

  public static final RequestOption<Float> REPETITION_PENALTY =
      new RequestOption<>(
          "repetition_penalty",
          SAMPLING,
          OptionType.real(
              "X", "above 0, from 0.001 to 1000 (1 is none)", x -> x >= 1e-3f && x <= 1e3),
          o -> o.sampling().repetitionPenalty(),
          (o, x) -> o.withSampling(o.sampling().withRepetitionPenalty(x)),
          "Above 1 makes tokens that were there less probable.",
          "1, none",
          false);

  public static final RequestOption<Float> PRESENCE_PENALTY =
      new RequestOption<>(
          "presence_penalty",
          SAMPLING,
          OptionType.real("X", "from -2 to 2 (0 is none)", x -> x >= -2 && x <= 2),
          o -> o.sampling().presencePenalty(),
          (o, x) -> o.withSampling(o.sampling().withPresencePenalty(x)),
          "Above 0 makes tokens that were generated less probable.",
          "0, none",
          false);

  public static final RequestOption<Float> FREQUENCY_PENALTY =
      new RequestOption<>(
          "frequency_penalty",
          SAMPLING,
          OptionType.real("X", "from -2 to 2 (0 is none)", x -> x >= -2 && x <= 2),
          o -> o.sampling().frequencyPenalty(),
          (o, x) -> o.withSampling(o.sampling().withFrequencyPenalty(x)),
          "Above 0 makes tokens less probable for each time that they were generated.",
          "0, none",
          false);

  public static final RequestOption<Map<Integer, Float>> LOGIT_BIAS =
      new RequestOption<>(
          "logit_bias",
          SAMPLING,
          LogitBias.type(),
          o -> o.sampling().logitBias(),
          (o, biases) -> o.withSampling(o.sampling().withLogitBias(biases)),
          "Add to the logits of these tokens before all else; -100 forbids a token; may be"
              + " repeated.",
          "none",
          false);

  public static final RequestOption<Float> INIT_SCALE =
      new RequestOption<>(
          "init_scale",
          SAMPLING,
          OptionType.real("X", "at least 0 and at most 1e6", x -> x >= 0 && x <= 1e6),
          Options::initScale,
          Options::withInitScale,
          "Scale of the random state that thinking starts from; 0 is none.",
          "1",
          false);

  public static final RequestOption<Boolean> IGNORE_EOS =
      new RequestOption<>(
          "ignore_eos",
          SAMPLING,
          OptionType.flag(),
          Options::ignoreEos,
          Options::withIgnoreEos,
          "Go on after the model says that it is done.",
          "no",
          false);

  public static final RequestOption<Integer> N =
      new RequestOption<>(
          "n",
          ANSWER,
          OptionType.whole("N", 1, MOST_ANSWERS, ""),
          Options::n,
          Options::withN,
          "Give N answers: the first has the seed, the others have seeds made of it.",
          "1",
          false);

  public static final RequestOption<Integer> LOGPROBS =
      new RequestOption<>(
          "logprobs",
          ANSWER,
          OptionType.whole("N", 0, Integer.MAX_VALUE, ""),
          o -> o.logProbs() < 0 ? null : o.logProbs(),
          Options::withLogProbs,
          "Report log-probabilities: of each token, and of the N most probable beside it.",
          "none",
          false);

  public static final RequestOption<Integer> PROMPT_LOGPROBS =
      new RequestOption<>(
          "prompt_logprobs",
          ANSWER,
          OptionType.whole("N", 0, Integer.MAX_VALUE, ""),
          o -> o.promptLogProbs() < 0 ? null : o.promptLogProbs(),
          Options::withPromptLogProbs,
          "Report log-probabilities of the prompt's tokens, and of the N most probable beside"
              + " each.",
          "none",
          false);

  /** Who states a rule leaves another one's threshold and rhythm behind. */
  public static final RequestOption<Exit> EXIT =
      new RequestOption<>(
              "exit",
              THINKING,
              OptionType.words("RULE", Exit.FORMS, Exit::parse, Exit::name),
              o -> o.thinking().exit(),
              (o, exit) -> o.withThinking(o.thinking().withExit(exit)),
              "Let each token leave when it has thought enough: " + KnownExit.Kind.ids() + ".",
              "none, all steps",
              false)
          .shown();

  public static final RequestOption<KvSharing> KV =
      new RequestOption<>(
              "kv",
              THINKING,
              OptionType.words("SHARING", KvSharing.FORMS, KvSharing::parse, KvSharing::toString),
              o -> o.thinking().kv(),
              (o, kv) -> o.withThinking(o.thinking().withKv(kv)),
              "Which steps share keys and values: full, mod:B (the last B steps), first:N (N, then"
                  + " one for all later), div:B (one for B steps), div-blocks:N.",
              "full",
              false)
          .shown();

  public static final RequestOption<Speculation> SPECULATE =
      new RequestOption<>(
              "speculate",
              THINKING,
              OptionType.words("HOW", Speculation.FORMS, Speculation::parse, Speculation::toString),
              o -> o.thinking().speculation(),
              (o, how) -> o.withThinking(o.thinking().withSpeculation(how)),
              "Open positions on guesses, for the same text in fewer passes: rounds:draft=4,k=4 or"
                  + " wavefront:draft=4 (draft=auto, lanes=N, branches=off). What cannot keep the"
                  + " text is refused without ,approximate. ,freeze=RULE,threshold=X ends positions"
                  + " of a wavefront early: it always CHANGES THE TEXT.",
              "none",
              false)
          .shown();

  public static final RequestOption<Float> EXIT_THRESHOLD =
      new RequestOption<>(
          "exit_threshold",
          THINKING,
          OptionType.real("X", "above 0", x -> x > 0),
          o -> o.thinking().exit().rule() instanceof KnownExit known ? known.threshold() : null,
          RequestOptions::withThreshold,
          "Where the rule fires.",
          "the rule's own: " + KnownExit.Kind.thresholds(),
          false);

  public static final RequestOption<Integer> MIN_STEPS =
      new RequestOption<>(
          "min_steps",
          THINKING,
          OptionType.whole("N", 1, Integer.MAX_VALUE, ""),
          o -> o.thinking().exit().minSteps(),
          (o, n) -> exit(o, exit -> exit.withMinSteps(n)),
          "Fewest steps before the rule is asked.",
          "1",
          false);

  public static final RequestOption<Integer> EXIT_EVERY =
      new RequestOption<>(
          "exit_every",
          THINKING,
          OptionType.whole("N", 1, Integer.MAX_VALUE, ""),
          o -> o.thinking().exit().every(),
          (o, n) -> exit(o, exit -> exit.withEvery(n)),
          "Ask the rule every N steps from there.",
          "1",
          false);

  public static final RequestOption<Boolean> EXIT_LOOKAHEAD =
      new RequestOption<>(
          "exit_lookahead",
          THINKING,
          OptionType.flag(),
          o -> o.thinking().exit().lookahead(),
          (o, late) -> exit(o, exit -> exit.withLookahead(late)),
          "Hear the rule a step late: the device need not be waited for, and a token takes a step"
              + " more.",
          "no",
          false);

  public static final RequestOption<Boolean> EXIT_PROMPT =
      new RequestOption<>(
          "exit_prompt",
          THINKING,
          OptionType.flag(),
          o -> o.thinking().exit().prompt(),
          (o, too) -> exit(o, exit -> exit.withPrompt(too)),
          "Let the prompt leave too, when its last token has thought enough.",
          "no",
          false);

  public static final RequestOption<Boolean> EXIT_SELECT =
      new RequestOption<>(
          "exit_select",
          THINKING,
          OptionType.flag(),
          o -> o.thinking().exit().selects(),
          (o, on) -> exit(o, exit -> exit.withSelects(on)),
          "Take all steps, and let the rule only select the one that speaks, as the published code"
              + " of Ouro does; no work is saved.",
          "no, leave",
          false);

  public static final RequestOption<Boolean> CONTINUOUS =
      new RequestOption<>(
          "continuous",
          THINKING,
          OptionType.flag(),
          o -> o.thinking().isContinuous(),
          (o, on) -> continuous(o, on ? Continuous.PUBLISHED : Continuous.NONE),
          "Start each new token's state from the last one's (continuous thought).",
          "no",
          false);

  public static final RequestOption<Continuous> CONTINUOUS_FROM =
      new RequestOption<>(
          "continuous_from",
          THINKING,
          OptionType.words("WHAT", Continuous.FORMS, Continuous::parse, Continuous::id),
          o -> o.thinking().continuous(),
          RequestOptions::withContinuousFrom,
          "What of the last one's it starts from: normed (after ln_f), state, or as the published"
              + " code has it, which is state with an exit rule and normed without.",
          "published",
          false);

  /** All of them, in the order in which they are told, and in which those stated are applied. */
  public static final List<RequestOption<?>> ALL =
      List.of(
          STEPS,
          MAX_TOKENS,
          TEMPERATURE,
          TOP_P,
          SEED,
          STOP,
          TOP_K,
          MIN_P,
          REPETITION_PENALTY,
          PRESENCE_PENALTY,
          FREQUENCY_PENALTY,
          LOGIT_BIAS,
          INIT_SCALE,
          IGNORE_EOS,
          N,
          LOGPROBS,
          PROMPT_LOGPROBS,
          EXIT,
          KV,
          SPECULATE,
          EXIT_THRESHOLD,
          MIN_STEPS,
          EXIT_EVERY,
          EXIT_LOOKAHEAD,
          EXIT_PROMPT,
          EXIT_SELECT,
          CONTINUOUS,
          CONTINUOUS_FROM);

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

  private static Options exit(Options options, UnaryOperator<Exit> change) {
    Thinking thinking = options.thinking();
    return options.withThinking(thinking.withExit(change.apply(thinking.exit())));
  }

  private static Options continuous(Options options, Continuous from) {
    return options.withThinking(options.thinking().withContinuous(from));
  }

  private static Options withContinuousFrom(Options options, Continuous from) {
    if (!options.thinking().isContinuous()) {
      throw new UserException(
          "continuous_from is stated but not continuous: add it, or leave continuous_from out");
    }
    return continuous(options, from);
  }

  private static Options withThreshold(Options options, float threshold) {
    if (!(options.thinking().exit().rule() instanceof KnownExit known)) {
      throw UserException.of(
          "exit_threshold is stated but no exit rule: choose one (%s), or leave it out",
          KnownExit.Kind.ids());
    }
    return exit(options, exit -> exit.withRule(new KnownExit(known.kind(), threshold)));
  }
}
