package muninn.engine.request;

import java.util.Optional;
import muninn.model.KvSharing;

/**
 * How a request spends its recurrence steps.
 *
 * @param exit when a position may leave before its last step
 * @param kv which steps share keys and values. Shared ones depend on what is thought together, so
 *     such a prompt is read in chunks of 128 positions (or {@code maxLanes}, if fewer), each after
 *     the one before it is done: within a chunk a position reads the same step's keys, of earlier
 *     chunks the last written ones
 * @param continuous whether a position after the prompt starts from the final latent of the one
 *     before it instead of one of its own (continuous chain of thought), and from what of it
 * @param speculation how positions are opened on guesses
 */
public record Thinking(Exit exit, KvSharing kv, Continuous continuous, Speculation speculation) {

  /**
   * Prompt positions that are thought about together where the answer depends on which ones are.
   */
  public static final int CHUNK = 128;

  /** Every position takes all steps, from a latent of its own, and keeps all its keys. */
  public static final Thinking PLAIN =
      new Thinking(Exit.NEVER, KvSharing.FULL, Continuous.NONE, Speculation.NONE);

  /**
   * Why positions that open on guesses change the text here; empty where they do not, or where none
   * do.
   */
  public Optional<String> whyApproximate() {
    if (speculation.kind() == Speculation.Kind.NONE) {
      return Optional.empty();
    }
    if (speculation.freeze() != null) {
      return Optional.of("freeze ends positions that would have thought on");
    }
    if (kv.shares()) {
      return Optional.of(
          "with kv "
              + kv
              + " a position would read keys that the one before it has not written for the last"
              + " time");
    }
    if (isContinuous()) {
      return Optional.of("with continuous a position starts where the one before it ends");
    }
    if (exit.rule() != null && exit.rule().sees() == ExitRule.Sees.OUTPUT) {
      return Optional.of(
          "the exit rule looks at the output, which rests on keys that earlier positions leave when"
              + " they end; these do not: "
              + KnownExit.Kind.seeing(sees -> sees != ExitRule.Sees.OUTPUT));
    }
    return Optional.empty();
  }

  /** The same in an engine of so many lanes. */
  public static int chunk(int rows) {
    return Math.min(CHUNK, rows);
  }

  /** Whether a prompt is read in chunks, so that answers depend on how many lanes there are. */
  public boolean thinksInChunks() {
    return kv.shares() || exit.prompt();
  }

  /**
   * Whether a new position that takes all its steps leaves the keys that it would leave as part of
   * a prompt.
   */
  public boolean thinksAsPrompt() {
    return !kv.shares() && !isContinuous() && whyApproximate().isEmpty();
  }

  /** Whether a position starts from the final latent of the one before it. */
  public boolean isContinuous() {
    return continuous != Continuous.NONE;
  }

  /** Whether a latent is handed on as it is, not as the coda reads it. */
  public boolean handsOnState() {
    return continuous == Continuous.STATE
        || (continuous == Continuous.PUBLISHED && exit.rule() != null);
  }

  /** The rule that watches positions, of exits or of what freezes; null at fixed depth. */
  public ExitRule rule() {
    return speculation.freeze() == null ? exit.rule() : speculation.freeze();
  }

  public Thinking withExit(Exit exit) {
    return new Thinking(exit, kv, continuous, speculation);
  }

  public Thinking withKv(KvSharing kv) {
    return new Thinking(exit, kv, continuous, speculation);
  }

  public Thinking withContinuous(Continuous continuous) {
    return new Thinking(exit, kv, continuous, speculation);
  }

  public Thinking withSpeculation(Speculation speculation) {
    return new Thinking(exit, kv, continuous, speculation);
  }
}
