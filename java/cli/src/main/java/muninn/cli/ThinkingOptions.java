package muninn.cli;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.batch.StatedThinking;
import muninn.cli.args.Arguments;
import muninn.cli.args.Completion;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.UsageException;
import muninn.cli.args.Value;
import muninn.engine.KnownExit;
import muninn.engine.Thinking;

/** How recurrence steps are spent: exits, shared keys and values, continuous thought, guesses. */
final class ThinkingOptions {
  /** Most recurrence steps for a token; each command has its default. */
  static final Option<Integer> STEPS =
      Option.of("--steps", Value.whole("N", 1), "Most recurrence steps for a token.")
          .letter('s')
          .byDefaultSaid("the model's mean_recurrence")
          .shown();

  private static final List<String> RULES =
      Stream.concat(
              Stream.of(KnownExit.Kind.values()).map(KnownExit.Kind::id),
              Stream.of(StatedThinking.NO_EXIT))
          .toList();

  private static final Option<String> EXIT =
      Option.of(
              "--exit",
              Value.text("RULE").offering(new Completion.Words(RULES)),
              "Let each token leave when it has thought enough: latent-diff, cosine, kl, minp-kl,"
                  + " entropy-diff or argmax-stability.")
          .byDefaultSaid("none, all --steps")
          .shown();
  private static final Option<Float> EXIT_THRESHOLD =
      Option.of("--exit-threshold", Value.real("X", "above 0", x -> x > 0), "Where the rule fires.")
          .byDefaultSaid("0.03, 1e-3, 5e-4, 1e-5, 1e-3 and 5 steps, in that order");
  private static final Option<Integer> MIN_STEPS =
      Option.of("--min-steps", Value.whole("N", 1), "Fewest steps before the rule is asked.")
          .byDefaultSaid("1");
  private static final Option<Integer> EXIT_EVERY =
      Option.of("--exit-every", Value.whole("N", 1), "Ask the rule every N steps from there.")
          .byDefaultSaid("1");
  private static final Option<Boolean> EXIT_PROMPT =
      Option.flag(
          "--exit-prompt", "Let the prompt leave too, when its last token has thought enough.");
  private static final Option<String> KV =
      Option.of(
              "--kv",
              Value.text("SHARING"),
              "Which steps share keys and values: full, mod:B (the last B steps), first:N (N, then"
                  + " one for all later), div:B (one for B steps), div-blocks:N.")
          .byDefaultSaid("full")
          .shown();
  private static final Option<Boolean> CONTINUOUS =
      Option.flag(
          "--continuous", "Start each new token's state from the last one's (continuous thought).");
  private static final Option<String> SPECULATE =
      Option.of(
              "--speculate",
              Value.text("HOW"),
              "Open positions on guesses, for the same text in fewer passes: rounds:draft=4,k=4 or"
                  + " wavefront:draft=4 (draft=auto, lanes=N). What cannot keep the text is refused"
                  + " without ,approximate. ,freeze=RULE,threshold=X ends positions of a wavefront"
                  + " early: it always CHANGES THE TEXT.")
          .byDefaultSaid("none")
          .shown();

  /** All but the steps. */
  static final Group GROUP =
      Group.of(
          "Thinking",
          EXIT,
          KV,
          SPECULATE,
          EXIT_THRESHOLD,
          MIN_STEPS,
          EXIT_EVERY,
          EXIT_PROMPT,
          CONTINUOUS);

  private ThinkingOptions() {}

  /** With the steps first. */
  static Group withSteps(Option<?> steps) {
    return Group.of(GROUP.title(), steps).and(GROUP.options().toArray(Option<?>[]::new));
  }

  /**
   * What the options say.
   *
   * @throws UsageException where that means nothing
   */
  static Thinking of(Arguments given) {
    String exit = given.get(EXIT);
    if (exit == null || exit.equals(StatedThinking.NO_EXIT)) {
      for (Option<?> option : List.of(EXIT_THRESHOLD, MIN_STEPS, EXIT_EVERY, EXIT_PROMPT)) {
        if (given.has(option)) {
          throw UsageException.of("%s needs --exit, whose rule it sets", given.name(option));
        }
      }
    }
    try {
      return new StatedThinking(
              exit,
              given.get(EXIT_THRESHOLD),
              given.get(MIN_STEPS),
              given.get(EXIT_EVERY),
              stated(given, EXIT_PROMPT),
              given.get(KV),
              stated(given, CONTINUOUS),
              given.get(SPECULATE))
          .over(Thinking.PLAIN);
    } catch (UserException e) {
      throw new UsageException("--" + e.getMessage(), e);
    }
  }

  private static Boolean stated(Arguments given, Option<Boolean> flag) {
    return Optional.of(flag).filter(given::has).map(given::get).orElse(null);
  }
}
