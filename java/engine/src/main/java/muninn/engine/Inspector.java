package muninn.engine;

/** Sees every position of a prompt when it speaks. Called on the engine's thread, between ticks. */
interface Inspector {
  /**
   * @param logits {@code [V]}
   * @param latent final latent after {@code ln_f}, {@code [d]}
   */
  void see(int position, float[] logits, float[] latent);
}
