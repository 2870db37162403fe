package muninn.batch;

import muninn.UserException;
import muninn.engine.Exit;
import muninn.engine.ExitRule;
import muninn.engine.KnownExit;
import muninn.engine.Speculation;
import muninn.engine.Thinking;
import muninn.model.KvSharing;

/**
 * What a command line or a line of a job states about {@link Thinking}; null where it states
 * nothing.
 *
 * @param exit name of a {@link KnownExit.Kind}, or {@code none}
 * @param speculate as {@link Speculation#parse} reads it
 * @param kv as {@link KvSharing#parse} reads it
 */
public record StatedThinking(
    String exit,
    Float exitThreshold,
    Integer minSteps,
    Integer exitEvery,
    Boolean exitPrompt,
    String kv,
    Boolean continuous,
    String speculate) {

  /** What stands for fixed depth. */
  public static final String NO_EXIT = "none";

  /**
   * The defaults with what is stated put over them. Who states a rule leaves the default rule's
   * threshold and rhythm behind.
   *
   * @throws UserException naming field, value and what is wanted
   */
  public Thinking over(Thinking defaults) {
    return new Thinking(
        exit(exit == null ? defaults.exit() : new Exit(rule(exit), 1, 1, false)),
        kv == null ? defaults.kv() : sharing(kv),
        continuous == null ? defaults.continuous() : continuous,
        speculate == null ? defaults.speculation() : speculation(speculate));
  }

  private Exit exit(Exit base) {
    ExitRule rule = base.rule();
    if (exitThreshold != null) {
      if (!(rule instanceof KnownExit known)) {
        throw UserException.of(
            "exit_threshold is stated but no exit rule: choose one (%s), or leave it out",
            KnownExit.Kind.ids());
      }
      rule = new KnownExit(known.kind(), exitThreshold);
    }
    return new Exit(
        rule,
        minSteps == null ? base.minSteps() : minSteps,
        exitEvery == null ? base.every() : exitEvery,
        exitPrompt == null ? base.prompt() : exitPrompt);
  }

  private static ExitRule rule(String name) {
    if (name.equals(NO_EXIT)) {
      return null;
    }
    return KnownExit.Kind.of(name)
        .orElseThrow(
            () ->
                UserException.of(
                    "exit is '%s', wanted %s, or %s", name, KnownExit.Kind.ids(), NO_EXIT))
        .rule();
  }

  private static KvSharing sharing(String text) {
    try {
      return KvSharing.parse(text);
    } catch (IllegalArgumentException e) {
      throw new UserException("kv: " + e.getMessage(), e);
    }
  }

  private static Speculation speculation(String text) {
    try {
      return Speculation.parse(text);
    } catch (IllegalArgumentException e) {
      throw new UserException("speculate: " + e.getMessage(), e);
    }
  }
}
