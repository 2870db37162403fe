package muninn.engine.request;

/**
 * Decides after a step whether a position has thought enough. {@link KnownExit} has the published
 * rules; a rule of your own is this interface in Java:
 *
 * <pre>{@code
 * // Leave as soon as the model is nearly certain.
 * ExitRule certain =
 *     new ExitRule() {
 *       public Sees sees() {
 *         return Sees.OUTPUT;
 *       }
 *
 *       public Watch watch() {
 *         return look -> look.entropy() < 0.1f;
 *       }
 *     };
 * Request request =
 *     new Request(prompt, Options.DEFAULT.withExit(Exit.when(certain)));
 * }</pre>
 *
 * <p>{@link #sees} is asked when a request is submitted. {@link #watch} and the watches are called
 * on the engine's thread, between ticks: they must be quick and must not wait for the engine. An
 * answer whose rule throws, be it an error, fails with that; others go on.
 */
public interface ExitRule {

  /** What a rule looks at, which is what asking it costs. */
  enum Sees {
    /** How the latent state moved since it was last asked; costs next to nothing. */
    LATENT,
    /**
     * How the latent state moves, step after step; costs next to nothing. Such a rule is shown
     * every step, and heard from the first that it may fire after.
     */
    PATH,
    /**
     * What the model's trained gate says of it; costs next to nothing, and asks for a model that
     * has one. Such a rule is shown every step, and heard from the first that it may fire after.
     */
    GATE,
    /** What the model would say now; costs a pass of coda and head. */
    OUTPUT;

    /** Whether a rule that looks at this is shown steps too that it may not fire after. */
    public boolean everyStep() {
      return this == PATH || this == GATE;
    }
  }

  /** What it looks at. */
  Sees sees();

  /** Begins to watch a position; a watch may remember what it saw. */
  Watch watch();

  /** One position's rule. */
  @FunctionalInterface
  interface Watch {
    /** Whether the position may leave with the step just done. */
    boolean enough(Look look);
  }

  /**
   * What is to be seen of a position after a step. «Before» is when the rule was last asked about
   * it; at first the initial latent, and the uniform distribution. What a rule does not {@link
   * #sees} is NaN, or −1.
   *
   * @param step steps done
   * @param moved {@code ‖s − s'‖} of the latent s, s' before
   * @param change {@code ‖s − s'‖ / ‖s‖}
   * @param cosine {@code 1 − cos(s, s')}
   * @param gate how likely, from 0 to 1, thinking is to end here, having come here
   * @param kl {@code KL(before ‖ now)} of the next token's distribution, in nats
   * @param minpKl the same where tokens below a tenth of the most probable one count as {@code 1/V}
   * @param entropy of the next token's distribution, in nats
   * @param argmax the most probable token
   */
  record Look(
      int step,
      float moved,
      float change,
      float cosine,
      float gate,
      float kl,
      float minpKl,
      float entropy,
      int argmax) {

    /** What a rule that looks at latents sees. */
    public static Look ofLatent(int step, float moved, float change, float cosine) {
      return new Look(step, moved, change, cosine, Float.NaN, Float.NaN, Float.NaN, Float.NaN, -1);
    }

    /** What a rule that looks at the gate sees. */
    public static Look ofGate(int step, float gate) {
      return new Look(
          step, Float.NaN, Float.NaN, Float.NaN, gate, Float.NaN, Float.NaN, Float.NaN, -1);
    }

    /** What a rule that looks at the output sees. */
    public static Look ofOutput(int step, float kl, float minpKl, float entropy, int argmax) {
      return new Look(
          step, Float.NaN, Float.NaN, Float.NaN, Float.NaN, kl, minpKl, entropy, argmax);
    }
  }
}
