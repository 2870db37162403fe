package muninn.kernels;

/** What a trained gate says of latents, by an {@link Op.GateLook}, on its way to the host. */
public interface GateMeasures {

  /**
   * Waits until the device is done and hands over how likely thinking is to end with the step just
   * done, of the lanes in table order: from 0 to 1, NaN where a latent is.
   */
  float[] await();
}
