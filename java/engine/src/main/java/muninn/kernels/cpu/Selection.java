package muninn.kernels.cpu;

import java.util.Arrays;
import java.util.function.LongUnaryOperator;
import muninn.kernels.LogProbs;

/**
 * Finds how far down the largest of many numbers one must go until they weigh enough: with a weight
 * of one the k-th largest, with probabilities for weights the end of the nucleus. It selects by the
 * upper, middle and lower bits of the numbers, three passes instead of a sort, and as weights are
 * whole numbers the order in which they are added up does not matter: kernels-cu/selection.cuh, on
 * a thousand threads, finds the same.
 */
final class Selection {
  private static final int[] SHIFTS = {21, 10, 0}; // 11, 11 and 10 bits

  private final long[] bins = new long[1 << 11];

  /** What an element adds; 0 leaves it out. */
  interface Weight {
    long of(float value);
  }

  /**
   * The largest of the n values from {@code at} on at which the weights, largest value first, reach
   * {@code needed} of all weights; the smallest where they never do. Equal values weigh together.
   */
  float of(float[] values, int at, int n, Weight weight, LongUnaryOperator needed) {
    int prefix = 0;
    int known = 0; // mask of the bits that the prefix has
    long need = 0;
    for (int shift : SHIFTS) {
      Arrays.fill(bins, 0);
      long total = 0;
      for (int i = at; i < at + n; i++) {
        int key = LogProbs.order(values[i]) ^ Integer.MIN_VALUE; // unsigned
        if ((key & known) == prefix) {
          long w = weight.of(values[i]);
          bins[(key & ~known) >>> shift] += w;
          total += w;
        }
      }
      if (known == 0) {
        need = Math.min(needed.applyAsLong(total), total);
      }
      int bin = bins.length - 1;
      while (bins[bin] < need) {
        need -= bins[bin--];
      }
      prefix |= bin << shift;
      known = -1 << shift;
    }
    return LogProbs.number(prefix ^ Integer.MIN_VALUE);
  }
}
