package muninn.engine;

import java.util.function.Supplier;

/** Sees every position of a prompt when it speaks. Called on the engine's thread, between ticks. */
interface Inspector {
  /**
   * @param logits {@code [V]}
   * @param latent final latent after {@code ln_f}, {@code [d]}; computed when asked for, which must
   *     be before this returns
   */
  void see(int position, float[] logits, Supplier<float[]> latent);
}
