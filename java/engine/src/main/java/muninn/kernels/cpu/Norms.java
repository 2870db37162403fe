package muninn.kernels.cpu;

/**
 * Root-mean-square norms (Zhang &amp; Sennrich 2019), one row at a time. The sum of squares runs over eight
 * interleaved partial sums, whatever the machine's vectors.
 */
final class Norms {
  private static final int PARTIALS = 8;

  private Norms() {}

  /** {@code out[to …] = rms(x[from …]) · weight} over {@code weight.length} elements; may work in place. */
  static void row(float[] x, int from, float[] weight, float eps, float[] out, int to) {
    int d = weight.length;
    float[] partial = new float[PARTIALS];
    for (int i = 0; i < d; i++) {
      partial[i % PARTIALS] = Math.fma(x[from + i], x[from + i], partial[i % PARTIALS]);
    }
    float sum = 0;
    for (float p : partial) {
      sum += p;
    }
    float scale = (float) (1 / Math.sqrt(sum / d + eps));
    for (int i = 0; i < d; i++) {
      out[to + i] = x[from + i] * scale * weight[i];
    }
  }
}
