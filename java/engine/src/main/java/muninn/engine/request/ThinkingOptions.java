package muninn.engine.request;

import static muninn.engine.request.RequestOption.Group.THINKING;

import java.util.function.UnaryOperator;
import muninn.UserException;
import muninn.model.KvSharing;

/**
 * Options of a request that say how its tokens are thought about: steps and when to leave them,
 * which keys steps share, what is guessed, and where the next token's state begins. Every user of
 * the table reads them through {@link RequestOptions}.
 */
public final class ThinkingOptions {
  private ThinkingOptions() {}

  public static final RequestOption<Integer> STEPS =
      new RequestOption<>(
              "steps",
              THINKING,
              OptionType.whole("N", 1, Integer.MAX_VALUE, ""),
              Options::steps,
              Options::withSteps,
              "Most recurrence steps for a token.",
              "the model's mean_recurrence")
          .shown();

  /** Who states a rule leaves another one's threshold and rhythm behind. */
  public static final RequestOption<Exit> EXIT =
      new RequestOption<>(
              "exit",
              THINKING,
              OptionType.words("RULE", Exit.FORMS, Exit::parse, Exit::name),
              o -> o.thinking().exit(),
              (o, exit) -> o.withThinking(o.thinking().withExit(exit)),
              "Let each token leave when it has thought enough: " + KnownExit.Kind.ids() + ".",
              "none, all steps")
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
              "full")
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
              "none")
          .shown();

  public static final RequestOption<Float> EXIT_THRESHOLD =
      new RequestOption<>(
          "exit_threshold",
          THINKING,
          OptionType.real("X", "above 0", x -> x > 0),
          o -> o.thinking().exit().rule() instanceof KnownExit known ? known.threshold() : null,
          ThinkingOptions::withThreshold,
          "Where the rule fires.",
          "the rule's own: " + KnownExit.Kind.thresholds());

  public static final RequestOption<Integer> MIN_STEPS =
      new RequestOption<>(
          "min_steps",
          THINKING,
          OptionType.whole("N", 1, Integer.MAX_VALUE, ""),
          o -> o.thinking().exit().minSteps(),
          (o, n) -> exit(o, exit -> exit.withMinSteps(n)),
          "Fewest steps before the rule is asked.",
          "1");

  public static final RequestOption<Integer> EXIT_EVERY =
      new RequestOption<>(
          "exit_every",
          THINKING,
          OptionType.whole("N", 1, Integer.MAX_VALUE, ""),
          o -> o.thinking().exit().every(),
          (o, n) -> exit(o, exit -> exit.withEvery(n)),
          "Ask the rule every N steps from there.",
          "1");

  public static final RequestOption<Boolean> EXIT_LOOKAHEAD =
      new RequestOption<>(
          "exit_lookahead",
          THINKING,
          OptionType.flag(),
          o -> o.thinking().exit().lookahead(),
          (o, late) -> exit(o, exit -> exit.withLookahead(late)),
          "Hear the rule a step late: the device need not be waited for, and a token takes a step"
              + " more.",
          "no");

  public static final RequestOption<Boolean> EXIT_PROMPT =
      new RequestOption<>(
          "exit_prompt",
          THINKING,
          OptionType.flag(),
          o -> o.thinking().exit().prompt(),
          (o, too) -> exit(o, exit -> exit.withPrompt(too)),
          "Let the prompt leave too, when its last token has thought enough.",
          "no");

  public static final RequestOption<Boolean> EXIT_SELECT =
      new RequestOption<>(
          "exit_select",
          THINKING,
          OptionType.flag(),
          o -> o.thinking().exit().selects(),
          (o, on) -> exit(o, exit -> exit.withSelects(on)),
          "Take all steps, and let the rule only select the one that speaks, as the published code"
              + " of Ouro does; no work is saved.",
          "no, leave");

  public static final RequestOption<Boolean> CONTINUOUS =
      new RequestOption<>(
          "continuous",
          THINKING,
          OptionType.flag(),
          o -> o.thinking().isContinuous(),
          (o, on) -> continuous(o, on ? Continuous.PUBLISHED : Continuous.NONE),
          "Start each new token's state from the last one's (continuous thought).",
          "no");

  public static final RequestOption<Continuous> CONTINUOUS_FROM =
      new RequestOption<>(
          "continuous_from",
          THINKING,
          OptionType.words("WHAT", Continuous.FORMS, Continuous::parse, Continuous::id),
          o -> o.thinking().continuous(),
          ThinkingOptions::withContinuousFrom,
          "What of the last one's it starts from: normed (after ln_f), state, or as the published"
              + " code has it, which is state with an exit rule and normed without.",
          "published");

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
