package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.Stream;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue.Heads;
import muninn.kernels.Ops;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.cuda.Twins.Pair;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Heads of queries that share heads of keys and values, with a bias, with norms over all heads, and
 * with neither: on the CPU against the definition, on the CUDA device against the CPU.
 */
@Tag("gpu")
class GroupedHeadsTest {
  private static final int COLUMNS = 40; // of the model, which are not those of the queries
  private static final float EPS = 1e-5f;
  private static final KvSlot SLOT = new KvSlot(0, 1);

  private enum With {
    NOTHING,
    BIAS,
    NORMS
  }

  private record Shape(int heads, int kvHeads, int width) {
    int queries() {
      return heads * width;
    }

    int keys() {
      return kvHeads * width;
    }
  }

  static Stream<Arguments> cases() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(
            dtype ->
                Stream.of(new Shape(6, 2, 16), new Shape(4, 1, 24), new Shape(3, 3, 32))
                    .flatMap(
                        shape ->
                            Stream.of(With.values())
                                .map(
                                    with ->
                                        Arguments.of(
                                            dtype, new Format.Plain(dtype), shape, with))));
  }

  /** Keys and values as bytes: heads of one warp's pairs, of two and of four; odd ones. */
  static Stream<Arguments> scaled() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(
            dtype ->
                Stream.of(KvCache.FP8, KvCache.INT8)
                    .flatMap(
                        kept ->
                            Stream.of(
                                Arguments.of(dtype, kept, new Shape(6, 2, 16), With.BIAS),
                                Arguments.of(dtype, kept, new Shape(4, 1, 24), With.NORMS),
                                Arguments.of(dtype, kept, new Shape(2, 2, 80), With.NOTHING),
                                Arguments.of(dtype, kept, new Shape(9, 9, 64), With.BIAS),
                                Arguments.of(dtype, kept, new Shape(2, 1, 128), With.NOTHING),
                                Arguments.of(dtype, kept, new Shape(1, 1, 200), With.NORMS))));
  }

  @ParameterizedTest
  @MethodSource({"cases", "scaled"})
  void lanesAttendThroughTheHeadThatTheirsShare(DType dtype, Format kept, Shape shape, With with) {
    for (int n : new int[] {1, 9, 70}) {
      attends(dtype, kept, shape, with, n);
    }
  }

  private static void attends(DType dtype, Format kept, Shape shape, With with, int n) {
    int rows = shape.queries() + 2 * shape.keys();
    try (Twins twins = new Twins(dtype)) {
      Pair<Buffer> x = twins.operand(n, COLUMNS);
      float[] w = twins.values(rows * COLUMNS, 0.2f);
      float[] bias = twins.values(shape.queries() + shape.keys(), 1);
      float[] qNorm = twins.values(shape.queries(), 1);
      float[] kNorm = twins.values(shape.keys(), 1);
      float[] rope = rope(n, shape.width());
      var weights = twins.weights(rows, COLUMNS, w);
      var biases = twins.floats(1, bias.length, bias);
      var qNorms = twins.floats(1, qNorm.length, qNorm);
      var kNorms = twins.floats(1, kNorm.length, kNorm);
      var angles = twins.floats(n, shape.width(), rope);
      Pair<Lanes> lanes = twins.lanes(new Random(3).ints(n, 0, n).toArray());
      Pair<Sequences> sequences = twins.on(device -> sequences(device, n));
      Pair<KvCache> cache =
          twins.on(
              d -> {
                // bfloat16 beside the CPU's float32
                Format format = kept.equals(Format.BF16) ? d.kvFormat() : kept;
                return d.kvCache(format, KvCache.chunks(n), shape.kvHeads(), shape.width());
              });
      Pair<Buffer> q = twins.on(device -> device.operand(n, shape.queries()));
      Pair<Buffer> out = twins.on(device -> device.operand(n, shape.queries()));
      twins.both(
          (device, on) -> {
            Op.HeadNorms norms =
                with == With.NORMS ? new Op.HeadNorms(on.of(qNorms), on.of(kNorms), EPS) : null;
            Heads heads =
                new Heads(
                    with == With.BIAS ? on.of(biases) : null,
                    norms,
                    on.of(angles),
                    on.of(sequences),
                    on.of(cache),
                    SLOT,
                    on.of(q));
            Ops.run(
                device,
                on.of(lanes),
                Ops.product(on.of(x), on.of(weights), heads),
                new Op.Attend(on.of(q), on.of(sequences), on.of(cache), SLOT, on.of(out)));
          });

      for (int m = 0; m < n; m++) {
        float[] here = twins.cpu.read(out.cpu(), m);
        float[] there = twins.cuda.read(out.cuda(), m);
        if (dtype == DType.F32) {
          assertThat(there).isEqualTo(here);
        } else {
          for (int i = 0; i < here.length; i++) {
            assertThat(there[i]).isCloseTo(here[i], within(0.06f));
          }
        }
      }
      if (kept instanceof Format.Scaled) {
        return; // CpuKernelsTest holds the CPU against the definition
      }
      float[][] states = new float[n][];
      for (int m = 0; m < n; m++) {
        states[m] = twins.cpu.read(x.cpu(), m);
      }
      double[][] wanted = defined(shape, with, states, w, bias, qNorm, kNorm, rope, n);
      float[] last = twins.cpu.read(out.cpu(), n - 1);
      for (int i = 0; i < last.length; i++) {
        assertThat((double) last[i]).isCloseTo(wanted[n - 1][i], within(2e-4));
      }
    }
  }

  private static Sequences sequences(Device device, int n) {
    Sequences sequences = device.sequences(1, n, 1);
    sequences.open(0, new SequenceParameters(0, 0, 0, 0, 1, 0, 1, -1));
    for (int chunk = 0; chunk < KvCache.chunks(n); chunk++) {
      sequences.map(0, 0, chunk, KvCache.chunks(n) - 1 - chunk);
    }
    // that the positions have begun
    Buffer x = device.buffer(n, 8);
    Lanes lanes = device.lanes(n);
    for (int m = 0; m < n; m++) {
      lanes.add(m, 0, m, 0, 0);
    }
    Ops.embed(device, lanes, device.randomWeights(1, 2, 8, 1), 1, device.sampled(1), sequences, x);
    return sequences;
  }

  private static float[] rope(int positions, int width) {
    float[] rope = new float[positions * width];
    for (int i = 0; i < rope.length; i += 2) {
      int position = i / width;
      double angle = position * Math.pow(100, -(i % width) / (double) width);
      rope[i] = (float) Math.cos(angle);
      rope[i + 1] = (float) Math.sin(angle);
    }
    return rope;
  }

  /** Attention of each lane, the lane m being position m, in plain loops. */
  private static double[][] defined(
      Shape shape,
      With with,
      float[][] x,
      float[] w,
      float[] bias,
      float[] qNorm,
      float[] kNorm,
      float[] rope,
      int n) {
    int queries = shape.queries();
    int keys = shape.keys();
    int d = shape.width();
    double[][] all = new double[n][queries + 2 * keys];
    for (int m = 0; m < n; m++) {
      for (int r = 0; r < all[m].length; r++) {
        for (int c = 0; c < COLUMNS; c++) {
          all[m][r] += (double) w[r * COLUMNS + c] * x[m][c];
        }
        all[m][r] += with == With.BIAS && r < queries + keys ? bias[r] : 0;
      }
      if (with == With.NORMS) {
        norm(all[m], 0, qNorm);
        norm(all[m], queries, kNorm);
      }
      for (int r = 0; r < queries + keys; r += 2) {
        double cos = rope[m * d + r % d];
        double sin = rope[m * d + r % d + 1];
        double first = all[m][r];
        double second = all[m][r + 1];
        all[m][r] = first * cos - second * sin;
        all[m][r + 1] = second * cos + first * sin;
      }
    }
    double[][] out = new double[n][queries];
    for (int m = 0; m < n; m++) {
      for (int head = 0; head < shape.heads(); head++) {
        int shared = head / (shape.heads() / shape.kvHeads());
        double sum = 0;
        for (int p = 0; p <= m; p++) {
          double score = 0;
          for (int i = 0; i < d; i++) {
            score += all[m][head * d + i] * all[p][queries + shared * d + i];
          }
          double weight = Math.exp(score / Math.sqrt(d));
          sum += weight;
          for (int i = 0; i < d; i++) {
            out[m][head * d + i] += weight * all[p][queries + keys + shared * d + i];
          }
        }
        for (int i = 0; i < d; i++) {
          out[m][head * d + i] /= sum;
        }
      }
    }
    return out;
  }

  private static void norm(double[] row, int from, float[] weight) {
    double squares = 0;
    for (int i = 0; i < weight.length; i++) {
      squares += row[from + i] * row[from + i];
    }
    for (int i = 0; i < weight.length; i++) {
      row[from + i] *= weight[i] / Math.sqrt(squares / weight.length + EPS);
    }
  }
}
