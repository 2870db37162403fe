package muninn.kernels.cpu;

import muninn.kernels.Op;

/**
 * Root-mean-square norms (Zhang &amp; Sennrich 2019), one row at a time. The order of the sum of
 * squares is fixed, the same on every machine, and for the widths of small models the one that the
 * published implementation's library has on most of them, since a latent that has not settled
 * magnifies the last bit.
 */
final class Norms {
  private static final int VECTOR = 8;
  private static final int GROUP = 4 * VECTOR;

  // What a norm costs, in products an element, for splitting it over threads.
  static final int NORM_PRODUCTS = 16;

  private Norms() {}

  static Step prepare(Workers workers, Op.Norm op) {
    Row norm = row(op);
    int columns = op.out().columns();
    return lanes -> all(workers, lanes, columns, norm);
  }

  static Step prepare(Workers workers, Op.NormPair op) {
    Row first = row(op.first());
    Row second = row(op.second());
    int columns = 2 * op.second().out().columns();
    return lanes ->
        all(
            workers,
            lanes,
            columns,
            (table, m) -> {
              first.norm(table, m);
              second.norm(table, m);
            });
  }

  /** The norm of the lane at place m. */
  private interface Row {
    void norm(CpuLanes lanes, int m);
  }

  /** Norms of all lanes, in parallel where that pays. */
  private static void all(Workers workers, CpuLanes lanes, int columns, Row norm) {
    Linear.split(
        workers,
        lanes.size(),
        (long) columns * NORM_PRODUCTS,
        (from, end) -> {
          for (int m = from; m < end; m++) {
            norm.norm(lanes, m);
          }
        });
  }

  private static Row row(Op.Norm op) {
    CpuBuffer x = CpuBuffer.of(op.x());
    CpuBuffer out = CpuBuffer.of(op.out());
    float[] weight = CpuBuffer.of(op.weight()).data();
    float eps = op.eps();
    if (op.residual() == null) {
      return (lanes, m) ->
          row(x.data(), x.row(lanes, m), weight, eps, out.data(), out.row(lanes, m));
    }
    CpuBuffer residual = CpuBuffer.of(op.residual());
    return (lanes, m) ->
        row(
            x.data(),
            x.row(lanes, m),
            weight,
            eps,
            residual.data(),
            residual.row(lanes, m),
            out.data(),
            out.row(lanes, m));
  }

  /**
   * {@code out[to …] = rms(x[from …]) · weight} over {@code weight.length} elements; may work in
   * place.
   */
  static void row(float[] x, int from, float[] weight, float eps, float[] out, int to) {
    float scale = inverse(x, from, weight.length, eps);
    for (int i = 0; i < weight.length; i++) {
      out[to + i] = x[from + i] * scale * weight[i];
    }
  }

  /** The same, added to a residual. */
  private static void row(
      float[] x,
      int from,
      float[] weight,
      float eps,
      float[] residual,
      int residualFrom,
      float[] out,
      int to) {
    float scale = inverse(x, from, weight.length, eps);
    for (int i = 0; i < weight.length; i++) {
      out[to + i] = x[from + i] * scale * weight[i] + residual[residualFrom + i];
    }
  }

  /** {@code 1 / rms}. */
  private static float inverse(float[] x, int from, int d, float eps) {
    float mean = sumOfSquares(x, from, d) / d;
    return 1f / (float) Math.sqrt(mean + eps);
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
