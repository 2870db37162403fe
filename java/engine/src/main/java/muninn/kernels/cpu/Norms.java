package muninn.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import muninn.kernels.Op;

/**
 * Root-mean-square norms (Zhang &amp; Sennrich 2019), one row at a time. The order of the sum of
 * squares is fixed, the same on every machine, and for the widths of small models the one that the
 * published implementation's library has on most of them, since a latent that has not settled
 * magnifies the last bit.
 */
final class Norms {
  private static final VectorSpecies<Float> FLOATS = Linear.FLOATS;
  private static final int VECTOR = 8;
  private static final int GROUP = 4 * VECTOR; // one or more pairs of the machine's vectors

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
            (table, m, plain) -> {
              first.norm(table, m, plain);
              second.norm(table, m, plain);
            });
  }

  /** The norm of the lane at place m, be it as plain loops. */
  private interface Row {
    void norm(CpuLanes lanes, int m, boolean plain);
  }

  /** Norms of all lanes, in parallel where that pays. */
  private static void all(Workers workers, CpuLanes lanes, int columns, Row norm) {
    long products = (long) columns * NORM_PRODUCTS;
    boolean plain = workers.plain(lanes.size() * products);
    Linear.split(
        workers,
        lanes.size(),
        products,
        (from, end) -> {
          for (int m = from; m < end; m++) {
            norm.norm(lanes, m, plain);
          }
        });
  }

  private static Row row(Op.Norm op) {
    CpuBuffer x = CpuBuffer.of(op.x());
    CpuBuffer out = CpuBuffer.of(op.out());
    float[] weight = CpuBuffer.of(op.weight()).data();
    float eps = op.eps();
    if (op.residual() == null) {
      return (lanes, m, plain) -> {
        int from = x.row(lanes, m);
        float scale = scale(x.data(), from, weight.length, eps, plain);
        times(x.data(), from, scale, weight, out.data(), out.row(lanes, m), plain);
      };
    }
    CpuBuffer residual = CpuBuffer.of(op.residual());
    return (lanes, m, plain) -> {
      int from = x.row(lanes, m);
      float scale = scale(x.data(), from, weight.length, eps, plain);
      timesAnd(
          x.data(),
          from,
          scale,
          weight,
          residual.data(),
          residual.row(lanes, m),
          out.data(),
          out.row(lanes, m),
          plain);
    };
  }

  /** {@code x[at …] *= rms(x[at …]) · weight} over {@code weight.length} elements. */
  static void row(float[] x, int at, float[] weight, float eps, boolean plain) {
    times(x, at, scale(x, at, weight.length, eps, plain), weight, x, at, plain);
  }

  /** {@code 1 / rms}. */
  private static float scale(float[] x, int from, int d, float eps, boolean plain) {
    float mean = sumOfSquares(x, from, d, plain) / d;
    return 1f / (float) Math.sqrt(mean + eps);
  }

  private static void times(
      float[] x, int from, float scale, float[] weight, float[] out, int to, boolean plain) {
    int vectors = plain ? 0 : FLOATS.loopBound(weight.length);
    for (int i = 0; i < vectors; i += FLOATS.length()) {
      FloatVector.fromArray(FLOATS, x, from + i)
          .mul(scale)
          .mul(FloatVector.fromArray(FLOATS, weight, i))
          .intoArray(out, to + i);
    }
    for (int i = vectors; i < weight.length; i++) {
      out[to + i] = x[from + i] * scale * weight[i];
    }
  }

  /** The same, added to a residual. */
  private static void timesAnd(
      float[] x,
      int from,
      float scale,
      float[] weight,
      float[] residual,
      int residualFrom,
      float[] out,
      int to,
      boolean plain) {
    int vectors = plain ? 0 : FLOATS.loopBound(weight.length);
    for (int i = 0; i < vectors; i += FLOATS.length()) {
      FloatVector.fromArray(FLOATS, x, from + i)
          .mul(scale)
          .mul(FloatVector.fromArray(FLOATS, weight, i))
          .add(FloatVector.fromArray(FLOATS, residual, residualFrom + i))
          .intoArray(out, to + i);
    }
    for (int i = vectors; i < weight.length; i++) {
      out[to + i] = x[from + i] * scale * weight[i] + residual[residualFrom + i];
    }
  }

  /** 32 interleaved partial sums, folded to 8 from the left, these added up one by one. */
  private static float sumOfSquares(float[] x, int from, int d, boolean plain) {
    float[] partial = new float[GROUP];
    int grouped = d / GROUP * GROUP;
    if (plain) {
      for (int i = 0; i < grouped; i++) {
        partial[i % GROUP] += x[from + i] * x[from + i];
      }
    } else {
      groups(x, from, from + grouped, partial);
    }
    for (int i = grouped; i < d; i++) {
      partial[i % VECTOR] += x[from + i] * x[from + i];
    }
    float sum = 0;
    for (int j = 0; j < VECTOR; j++) {
      sum += partial[j] + partial[j + VECTOR] + partial[j + 2 * VECTOR] + partial[j + 3 * VECTOR];
    }
    return sum;
  }

  /** Adds the squares of whole groups to partial sums, two vectors of them at a time. */
  private static void groups(float[] x, int from, int end, float[] partial) {
    int width = FLOATS.length();
    for (int j = 0; j < GROUP; j += Linear.PANEL) {
      FloatVector first = FloatVector.zero(FLOATS);
      FloatVector second = first;
      for (int i = from + j; i < end; i += GROUP) {
        FloatVector a = FloatVector.fromArray(FLOATS, x, i);
        FloatVector b = FloatVector.fromArray(FLOATS, x, i + width);
        first = first.add(a.mul(a));
        second = second.add(b.mul(b));
      }
      first.intoArray(partial, j);
      second.intoArray(partial, j + width);
    }
  }
}
