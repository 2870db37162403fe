package muninn.engine.request;

/**
 * When a position may leave before its last step. A rule is asked after step {@code minSteps} and
 * every {@code every} steps from there on; what it compares with is what was there when it was last
 * asked, at first the latent that the position started from.
 *
 * @param rule null for fixed depth
 * @param minSteps fewest steps a position takes, at least 1
 * @param every steps from one question to the next, at least 1
 * @param prompt whether the last position of the prompt may leave too; the prompt's last chunk
 *     ({@link Thinking#kv}) leaves with it, as it does in the published code. Otherwise prompts
 *     take all steps
 * @param selects whether the rule only selects what a position speaks from: it takes all steps and
 *     keeps the keys of all, as the published code of Ouro does. Otherwise it leaves, which is what
 *     saves work, and the keys of its last step stand for those of later ones
 * @param lookahead whether the rule is heard one step late: a position takes a step more than it
 *     needs, and the host need not wait for what the rule looks at
 */
public record Exit(
    ExitRule rule, int minSteps, int every, boolean prompt, boolean selects, boolean lookahead) {

  private static final String NONE = "none";

  /** What {@link #parse} reads, for a user to see. */
  public static final String FORMS = KnownExit.Kind.ids() + ", or " + NONE;

  /** Fixed depth. */
  public static final Exit NEVER = new Exit(null, 1, 1, false);

  /** One that leaves. */
  public Exit(ExitRule rule, int minSteps, int every, boolean prompt) {
    this(rule, minSteps, every, prompt, false);
  }

  /** One that is heard at once. */
  public Exit(ExitRule rule, int minSteps, int every, boolean prompt, boolean selects) {
    this(rule, minSteps, every, prompt, selects, false);
  }

  /** Asks a rule after every step of every new position. */
  public static Exit when(ExitRule rule) {
    return new Exit(rule, 1, 1, false);
  }

  /**
   * Reads the name of a known rule, or {@code none}.
   *
   * @throws IllegalArgumentException saying what is wrong and what is wanted
   */
  public static Exit parse(String name) {
    if (name.equals(NONE)) {
      return NEVER;
    }
    return KnownExit.Kind.of(name)
        .map(kind -> when(kind.rule()))
        .orElseThrow(
            () -> new IllegalArgumentException("'" + name + "' is no exit rule, wanted " + FORMS));
  }

  /** What {@link #parse} reads; a rule of the caller's own is told by its class. */
  public String name() {
    return switch (rule) {
      case null -> NONE;
      case KnownExit known -> known.kind().id();
      default -> rule.getClass().getName();
    };
  }

  public Exit withRule(ExitRule rule) {
    return new Exit(rule, minSteps, every, prompt, selects, lookahead);
  }

  public Exit withMinSteps(int minSteps) {
    return new Exit(rule, minSteps, every, prompt, selects, lookahead);
  }

  public Exit withEvery(int every) {
    return new Exit(rule, minSteps, every, prompt, selects, lookahead);
  }

  public Exit withPrompt(boolean prompt) {
    return new Exit(rule, minSteps, every, prompt, selects, lookahead);
  }

  public Exit withSelects(boolean selects) {
    return new Exit(rule, minSteps, every, prompt, selects, lookahead);
  }

  public Exit withLookahead(boolean lookahead) {
    return new Exit(rule, minSteps, every, prompt, selects, lookahead);
  }

  /** Whether the rule is to be asked after this step, counted from 1. */
  public boolean asksAfter(int step) {
    return rule != null && step >= minSteps && (step - minSteps) % every == 0;
  }
}
