package muninn.kernels;

/** How far predictions moved, by an {@link Op.OutputLook}, on its way to the host. */
public interface OutputMeasures {

  /** Waits until the device is done and hands the results over. */
  Result await();

  /**
   * Results of the lanes in table order, of P, the softmax of {@code previous}, and Q, that of the
   * logits, in natural units. NaN where the logits are not numbers.
   *
   * @param kl {@code KL(P ‖ Q) = Σ P·ln(P/Q)}
   * @param minpKl the same after tokens below a tenth of the most probable one's probability got
   *     1/V each and the rest was scaled to match
   * @param entropy {@code −Σ Q·ln Q}
   * @param argmax the most probable token, the lowest id of several; −1 where no logit is a number
   */
  record Result(float[] kl, float[] minpKl, float[] entropy, int[] argmax) {}
}
