package muninn.lab.sweep;

import java.util.Arrays;

/**
 * How often two distributions over the same tokens draw the same one, by how they are drawn
 * together: what a guess from one of them is worth where the last word is drawn from the other.
 *
 * <p>With rejection sampling (Leviathan et al. 2023) it is {@link #overlap}, {@code 1 − TV}, the
 * most there can be; but the last word then depends on the guess, so that a text is another one
 * with speculation than without. Where it is to be the same, the last word may depend on its own
 * distribution and on noise alone, as must the guess: drawing without talking to each other, which
 * cannot promise more than {@code (1 − TV)/(1 + TV)} of two distributions (Daliri, Musco and Suresh
 * 2024). The arg-max of logits under shared Gumbel noise keeps that promise.
 *
 * <p>All distributions are {@code [V]} and sum up to 1.
 */
final class Coupling {
  private Coupling() {}

  /** {@code Σ min(p, q)}, which is 1 − TV. */
  static double overlap(double[] p, double[] q) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += Math.min(p[i], q[i]);
    }
    return sum;
  }

  /**
   * Under shared Gumbel noise: {@code Σᵢ 1 / Σⱼ max(pⱼ/pᵢ, qⱼ/qᵢ)}. Sorted by q/p the inner sum is
   * that of all p up to i and of all q beyond it.
   */
  static double gumbel(double[] p, double[] q) {
    int[] order = byRatio(p, q);
    double left = 0; // of p, up to i
    double right = 0; // of q, beyond it
    for (int i : order) {
      right += q[i];
    }
    double sum = 0;
    for (int i : order) {
      left += p[i];
      right = Math.max(0, right - q[i]);
      if (p[i] > 0 && q[i] > 0) {
        sum += 1 / (left / p[i] + right / q[i]);
      }
    }
    return sum;
  }

  /**
   * Where one uniform number picks a token by the running sum of its own distribution, the most
   * probable tokens first.
   */
  static double byRank(double[] p, double[] q) {
    double[] startsP = starts(p);
    double[] startsQ = starts(q);
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      double from = Math.max(startsP[i], startsQ[i]);
      double to = Math.min(startsP[i] + p[i], startsQ[i] + q[i]);
      sum += Math.max(0, to - from);
    }
    return sum;
  }

  /** Where each token's share begins. */
  private static double[] starts(double[] p) {
    double[] starts = new double[p.length];
    double sum = 0;
    for (int i : order(p)) {
      starts[i] = sum;
      sum += p[i];
    }
    return starts;
  }

  private static int[] byRatio(double[] p, double[] q) {
    double[] keys = new double[p.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = q[i] == 0 ? 0 : -q[i] / p[i]; // infinite where p is 0
    }
    return order(keys);
  }

  /** The places of the keys, the largest key first; of equal ones the first. */
  private static int[] order(double[] keys) {
    long[] packed = new long[keys.length];
    for (int i = 0; i < keys.length; i++) {
      int bits = Float.floatToIntBits((float) -keys[i]);
      int ordered = bits < 0 ? ~bits : bits ^ Integer.MIN_VALUE; // as unsigned numbers
      packed[i] = (ordered ^ Integer.MIN_VALUE) * (1L << Integer.SIZE) + i;
    }
    Arrays.sort(packed);
    return Arrays.stream(packed).mapToInt(place -> (int) place).toArray();
  }
}
