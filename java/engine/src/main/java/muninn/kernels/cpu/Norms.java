package muninn.kernels.cpu;

/**
 * Root-mean-square norms (Zhang &amp; Sennrich 2019), one row at a time. The order of the sum of
 * squares is fixed, the same on every machine, and for the widths of small models the one that the
 * published implementation's library has on most of them, since a latent that has not settled
 * magnifies the last bit.
 */
final class Norms {
  private static final int VECTOR = 8;
  private static final int GROUP = 4 * VECTOR;

  private Norms() {}

  /**
   * {@code out[to …] = rms(x[from …]) · weight} over {@code weight.length} elements; may work in
   * place.
   */
  static void row(float[] x, int from, float[] weight, float eps, float[] out, int to) {
    int d = weight.length;
    float mean = sumOfSquares(x, from, d) / d;
    float scale = 1f / (float) Math.sqrt(mean + eps);
    for (int i = 0; i < d; i++) {
      out[to + i] = x[from + i] * scale * weight[i];
    }
  }

  /** 32 interleaved partial sums, folded to 8 from the left, these added up one by one. */
  private static float sumOfSquares(float[] x, int from, int d) {
    float[] partial = new float[GROUP];
    int grouped = d / GROUP * GROUP;
    for (int i = 0; i < grouped; i += GROUP) {
      for (int j = 0; j < GROUP; j++) {
        partial[j] += x[from + i + j] * x[from + i + j];
      }
    }
    for (int i = grouped; i < d; i++) {
      partial[i % VECTOR] += x[from + i] * x[from + i];
    }
    for (int j = VECTOR; j < GROUP; j++) {
      partial[j % VECTOR] += partial[j];
    }
    float sum = 0;
    for (int j = 0; j < VECTOR; j++) {
      sum += partial[j];
    }
    return sum;
  }
}
