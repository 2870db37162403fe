package muninn.cli;

import muninn.UserException;
import muninn.batch.StatedThinking;
import muninn.engine.Thinking;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How recurrence steps are spent: exits, shared keys and values, continuous thought, guesses. */
final class ThinkingOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--exit",
      paramLabel = "RULE",
      description =
          "Let each token leave when it has thought enough: latent-diff, cosine, kl, minp-kl,"
              + " entropy-diff or argmax-stability. Default: none, all --steps.")
  private String exit;

  @Option(
      names = "--exit-threshold",
      paramLabel = "X",
      description =
          "Where the rule fires. Default: 0.03, 1e-3, 5e-4, 1e-5, 1e-3 and 5 steps, in that order.")
  private Float exitThreshold;

  @Option(
      names = "--min-steps",
      paramLabel = "N",
      description = "Fewest steps before the rule is asked. Default: 1.")
  private Integer minSteps;

  @Option(
      names = "--exit-every",
      paramLabel = "N",
      description = "Ask the rule every N steps from there. Default: 1.")
  private Integer exitEvery;

  @Option(
      names = "--exit-prompt",
      description = "Let the prompt leave too, when its last token has thought enough.")
  private Boolean exitPrompt;

  @Option(
      names = "--kv",
      paramLabel = "SHARING",
      description =
          "Which steps share keys and values: full, mod:B (the last B steps), first:N (N, then one"
              + " for all later), div:B (one for B steps), div-blocks:N. Default: full.")
  private String kv;

  @Option(
      names = "--continuous",
      description = "Start each new token's state from the last one's (continuous thought).")
  private Boolean continuous;

  @Option(
      names = "--speculate",
      paramLabel = "HOW",
      description =
          "Open positions on guesses, for the same text in fewer passes: rounds:draft=4,k=4 or"
              + " wavefront:draft=4 (draft=auto, lanes=N). What cannot keep the text is refused"
              + " without ,approximate. ,freeze=RULE,threshold=X ends positions of a wavefront"
              + " early: it always CHANGES THE TEXT. Default: none.")
  private String speculate;

  /** Refuses what means nothing. */
  void check() {
    boolean exits = exit != null && !exit.equals(StatedThinking.NO_EXIT);
    needsExit(exits, "--exit-threshold", exitThreshold);
    needsExit(exits, "--min-steps", minSteps);
    needsExit(exits, "--exit-every", exitEvery);
    needsExit(exits, "--exit-prompt", exitPrompt);
    Range.require(spec, minSteps == null || minSteps >= 1, "--min-steps", minSteps, "at least 1");
    Range.require(
        spec, exitEvery == null || exitEvery >= 1, "--exit-every", exitEvery, "at least 1");
    Range.require(
        spec,
        exitThreshold == null || (Float.isFinite(exitThreshold) && exitThreshold > 0),
        "--exit-threshold",
        exitThreshold,
        "above 0");
    thinking();
  }

  private void needsExit(boolean exits, String option, Object value) {
    Range.require(spec, exits || value == null, option, "alone", "with --exit, whose rule it sets");
  }

  Thinking thinking() {
    try {
      return new StatedThinking(
              exit, exitThreshold, minSteps, exitEvery, exitPrompt, kv, continuous, speculate)
          .over(Thinking.PLAIN);
    } catch (UserException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
  }
}
