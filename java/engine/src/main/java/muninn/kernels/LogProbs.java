package muninn.kernels;

import java.util.Arrays;

/**
 * Natural-log probabilities under a lane's untouched logits, made on the host of what every device
 * sums in the same way: {@link #mass} of {@code logit − largest} is a whole number, so the sum is
 * the same in whatever order it is added up, on as many threads as there are.
 */
public final class LogProbs {
  /**
   * Said of a token whose probability is 0, or so small that its logarithm is below this: what the
   * servers that others run say, because JSON has no infinity.
   */
  public static final float LEAST = -9999;

  private final double logSum;

  /**
   * @param largest of the logits that are numbers
   * @param mass of all of them
   */
  public LogProbs(float largest, long mass) {
    logSum = largest + Math.log(mass * 0x1p-40);
  }

  /** Those of one lane's logits, of which one at least is a number. */
  public static LogProbs of(float[] logits) {
    float largest = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = logit > largest ? logit : largest; // not max, which NaN wins
    }
    long mass = 0;
    for (float logit : logits) {
      mass += mass((float) Math.exp(logit - largest));
    }
    return new LogProbs(largest, mass);
  }

  /** {@code e^score}, at most 1, in steps of 2^-40; what is not a number weighs nothing. */
  public static long mass(float exp) {
    return (long) (exp * 0x1p40f);
  }

  /**
   * The log-probability of a token of this logit, which is a number even where its probability is
   * 0: no less than {@link #LEAST}.
   */
  public float of(float logit) {
    return Math.max(LEAST, (float) (logit - logSum));
  }

  /** Integers in the order of the numbers; −0 is 0. */
  public static int order(float logit) {
    int bits = Float.floatToRawIntBits(logit + 0f);
    return bits ^ (bits >> 31 & Integer.MAX_VALUE);
  }

  /** The number that has this {@link #order}. */
  public static float number(int order) {
    return Float.intBitsToFloat(order ^ (order >> 31 & Integer.MAX_VALUE));
  }

  /** Ascends as logits fall, and with the id among equals. */
  public static long ranked(float logit, int token) {
    return (long) ~order(logit) << 32 | token;
  }

  /**
   * Hands alternatives over to a lane's result.
   *
   * @param ranked as {@link #ranked} makes them, in any order; sorted here
   */
  public void put(long[] ranked, Samples.Result to, int lane) {
    Arrays.sort(ranked);
    to.topTokens()[lane] = new int[ranked.length];
    to.topLogProbs()[lane] = new float[ranked.length];
    for (int i = 0; i < ranked.length; i++) {
      to.topTokens()[lane][i] = (int) ranked[i];
      to.topLogProbs()[lane][i] = of(number(~(int) (ranked[i] >> 32)));
    }
  }
}
