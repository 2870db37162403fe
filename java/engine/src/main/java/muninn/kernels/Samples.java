package muninn.kernels;

/** The tokens that an {@link Op.Draw} drew, on their way to the host. */
public interface Samples {

  /** Waits until the device is done and hands the results over. */
  Result await();

  /**
   * Results of the lanes in table order.
   *
   * @param tokens drawn token ids; −1 where the logits are not numbers
   * @param logProbs natural-log probability of each under the untouched distribution; NaN where the
   *     sequence asked for none
   * @param topTokens the most probable ids, most probable first, the lower id first among equals;
   *     empty where not asked for, fewer than asked for where there are fewer numbers
   * @param topLogProbs their natural-log probabilities
   */
  record Result(int[] tokens, float[] logProbs, int[][] topTokens, float[][] topLogProbs) {}
}
