package muninn.engine;

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
 *     before it, after {@code ln_f}, instead of a fresh one (continuous chain of thought)
 * @param speculation how positions are opened on guesses
 */
public record Thinking(Exit exit, KvSharing kv, boolean continuous, Speculation speculation) {

  /** Every position takes all steps, from a latent of its own, and keeps all its keys. */
  public static final Thinking PLAIN =
      new Thinking(Exit.NEVER, KvSharing.FULL, false, Speculation.NONE);

  public Thinking withExit(Exit exit) {
    return new Thinking(exit, kv, continuous, speculation);
  }

  public Thinking withKv(KvSharing kv) {
    return new Thinking(exit, kv, continuous, speculation);
  }

  public Thinking withContinuous(boolean continuous) {
    return new Thinking(exit, kv, continuous, speculation);
  }

  public Thinking withSpeculation(Speculation speculation) {
    return new Thinking(exit, kv, continuous, speculation);
  }
}
