package muninn.kernels;

/** How far latents moved, by an {@link Op.LatentLook}, on its way to the host. */
public interface LatentMeasures {

  /** Waits until the device is done and hands the results over. */
  Result await();

  /**
   * Results of the lanes in table order. NaN, which is below no threshold, where a latent has no
   * length to compare by: the cosine with an initial latent of zeros.
   *
   * @param moved {@code ‖s − previous‖}
   * @param change {@code ‖s − previous‖ / ‖s‖}
   * @param cosine {@code 1 − cos(s, previous)}
   */
  record Result(float[] moved, float[] change, float[] cosine) {

    /** Of so many lanes, nothing seen yet. */
    public static Result of(int lanes) {
      return new Result(new float[lanes], new float[lanes], new float[lanes]);
    }
  }
}
