package muninn.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.Kept;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.Stored;
import muninn.kernels.Weights;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each operation against a scalar twin written from its formula, on random input in odd sizes:
 * none, one lane, lanes that fill no tile, rows that fill no panel.
 */
class CpuKernelsTest {
  private static final int[] LANES = {0, 1, 2, 3, 4, 5, 7, 33};

  private final CpuDevice device = new CpuDevice(3, cold());
  private final Random random = new Random(7);

  /** What operations run as. */
  ColdStart cold() {
    return ColdStart.none();
  }

  @AfterEach
  void close() {
    device.close();
  }

  static Stream<Arguments> products() {
    return Stream.of(DType.values())
        .flatMap(
            dtype ->
                Stream.of(
                        new int[] {1, 8},
                        new int[] {33, 40},
                        new int[] {96, 17},
                        new int[] {262, 96})
                    .flatMap(
                        shape ->
                            IntStream.of(LANES)
                                .mapToObj(n -> Arguments.of(dtype, shape[0], shape[1], n))));
  }

  @ParameterizedTest
  @MethodSource("products")
  void aProductIsTheChainOfFusedMultiplyAddsOverItsColumns(
      DType dtype, int rows, int columns, int n) {
    float[] w = new float[rows * columns];
    Weights weights = weights(dtype, rows, columns, w);
    CpuBuffer x = random(n, columns);
    CpuBuffer residual = random(n, rows);
    CpuBuffer out = filled(n, rows);
    CpuBuffer sum = filled(n, rows);

    Ops.linear(device, lanes(n), x, weights, out);
    Ops.linearAdd(device, lanes(n), x, weights, residual, sum);

    for (int m = 0; m < n; m++) {
      for (int r = 0; r < rows; r++) {
        float product = dot(w, r * columns, x.data(), x.row(m), columns);
        assertThat(out.data()[out.row(m) + r]).isEqualTo(product);
        assertThat(sum.data()[sum.row(m) + r])
            .isEqualTo(product + residual.data()[residual.row(m) + r]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 64, 79})
  void weightsAreRoundedToTheFormatTheyAreKeptIn(int rows) {
    float[] values = new float[rows * 40];
    weights(DType.F32, rows, 40, values);
    Stored stored = Stored.of(DType.F32, rows, 40, segment(values));
    CpuWeights kept = CpuWeights.of(device.weights(stored, Format.BF16));
    assertThat(kept.format()).isEqualTo(Format.BF16);
    assertThat(kept.bytes()).isEqualTo(2L * rows * 40);
    for (int i = 0; i < values.length; i++) {
      assertThat(kept.at(i / 40, i % 40))
          .isEqualTo(Float.intBitsToFloat(DType.bf16(values[i]) << 16))
          .isCloseTo(values[i], Percentage.withPercentage(0.4));
    }
  }

  @Test
  void aFormatThatItHasNoLoopsForIsRefused() {
    Format halves = new Format.Plain(DType.F16);
    assertThatThrownBy(() -> device.randomWeights(1, 2, 8, 1, halves))
        .isInstanceOf(UserException.class)
        .hasMessage("the CPU does not multiply weights in float16: choose float32 or bfloat16");
    assertThatThrownBy(() -> device.kvCache(halves, 1, 1, 8))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "the CPU does not keep keys and values in float16: choose float32, bfloat16, fp8 or"
                + " int8");
  }

  @Test
  void aLaneIsTheSameToTheBitAloneAndAmongOthersOnAnyNumberOfThreads() {
    float[] w = new float[4096 * 96];
    Weights weights = weights(DType.BF16, 4096, 96, w);
    CpuBuffer x = random(64, 96);
    CpuBuffer together = filled(64, 4096);
    Ops.linear(device, lanes(64), x, weights, together);
    try (CpuDevice single = new CpuDevice(1)) {
      Weights same = single.weights(DType.F32, 4096, 96, segment(w));
      for (int m = 0; m < 64; m++) {
        CpuBuffer one = new CpuBuffer(Arrays.copyOfRange(x.data(), x.row(m), x.row(m + 1)), 1, 96);
        CpuBuffer alone = filled(1, 4096);
        Ops.linear(single, lanes(1), one, same, alone);
        assertThat(alone.data())
            .isEqualTo(Arrays.copyOfRange(together.data(), together.row(m), together.row(m + 1)));
      }
    }
  }

  @Test
  void theAdapterReadsTheStateFirstThenTheInputEmbeddingOfTheLanesRow() {
    int d = 24;
    float[] w = new float[d * 2 * d];
    Weights weights = weights(DType.F32, d, 2 * d, w);
    CpuBuffer s = random(5, d);
    CpuBuffer e = random(5, d);
    CpuBuffer x = filled(2, d);
    Lanes lanes = device.lanes(2);
    lanes.add(3, 0, 0, 0, 0);
    lanes.add(1, 0, 1, 0, 0);

    Ops.adapter(device, lanes, s, e, weights, x);

    int[] rows = {3, 1};
    for (int m = 0; m < 2; m++) {
      float[] both = new float[2 * d];
      System.arraycopy(s.data(), s.row(rows[m]), both, 0, d);
      System.arraycopy(e.data(), e.row(rows[m]), both, d, d);
      for (int r = 0; r < d; r++) {
        assertThat(x.data()[x.row(m) + r]).isEqualTo(dot(w, r * 2 * d, both, 0, 2 * d));
      }
    }
  }

  @Test
  void normsDivideByTheRootMeanSquare() {
    for (int d : new int[] {8, 24, 96, 100}) {
      CpuBuffer y = random(5, d);
      CpuBuffer after = random(1, d);
      CpuBuffer before = random(1, d);
      CpuBuffer x = filled(5, d);
      CpuBuffer out = filled(5, d);
      Ops.normNorm(device, lanes(5), y, after, x, before, 1e-6f, out);
      for (int m = 0; m < 5; m++) {
        assertNorm(y, y.row(m), after, x, m);
        assertNorm(x, x.row(m), before, out, m);
      }
      Lanes scattered = device.lanes(1);
      scattered.add(4, 0, 0, 0, 0);
      Ops.gatherNorm(device, scattered, y, after, 1e-6f, out);
      assertNorm(y, y.row(4), after, out, 0);
    }
  }

  private static void assertNorm(CpuBuffer in, int from, CpuBuffer weight, CpuBuffer out, int m) {
    int d = in.columns();
    double squares = 0;
    for (int i = 0; i < d; i++) {
      squares += (double) in.data()[from + i] * in.data()[from + i];
    }
    double root = Math.sqrt(squares / d + 1e-6f);
    for (int i = 0; i < d; i++) {
      double wanted = in.data()[from + i] / root * weight.data()[i];
      assertThat((double) out.data()[out.row(m) + i])
          .isCloseTo(wanted, within(1e-6 + 1e-6 * Math.abs(wanted)));
    }
  }

  @Test
  void theGatedHalfOfAnMlpIsSiluOfTheGateTimesTheUp() {
    int ffn = 20;
    float[] w = new float[2 * ffn * 16];
    Weights weights = weights(DType.F32, 2 * ffn, 16, w);
    CpuBuffer x = random(3, 16);
    CpuBuffer out = filled(3, ffn);
    Ops.swiglu(device, lanes(3), x, weights, out);
    for (int m = 0; m < 3; m++) {
      for (int i = 0; i < ffn; i++) {
        double gate = dot(w, i * 16, x.data(), x.row(m), 16);
        double up = dot(w, (ffn + i) * 16, x.data(), x.row(m), 16);
        double wanted = gate / (1 + Math.exp(-gate)) * up;
        assertThat((double) out.data()[out.row(m) + i])
            .isCloseTo(wanted, within(1e-6 + 1e-6 * Math.abs(wanted)));
      }
    }
  }

  static Stream<Arguments> heads() {
    return Stream.of(Format.F32, Format.BF16, KvCache.FP8, KvCache.INT8)
        .flatMap(
            format ->
                Stream.of(
                    Arguments.of(format, 1, 8, 1),
                    Arguments.of(format, 3, 16, 16),
                    Arguments.of(format, 2, 24, 17),
                    Arguments.of(format, 5, 32, 40),
                    Arguments.of(format, 2, 64, 32),
                    Arguments.of(format, 2, 80, 20),
                    Arguments.of(format, 2, 96, 33),
                    Arguments.of(format, 1, 128, 50)));
  }

  @ParameterizedTest
  @MethodSource("heads")
  void attentionIsTheCausalSoftmaxOverRotatedKeys(
      Format format, int heads, int width, int positions) {
    int d = heads * width;
    KvSlot slot = new KvSlot(1, 2);
    int group = 1; // slot 3
    KvCache cache = device.kvCache(format, 16, heads, width);
    Sequences sequences = device.sequences(2, 64, 4);
    sequences.open(1, parameters(1f));
    for (int chunk = 0; chunk * KvCache.PAGE < positions; chunk++) {
      sequences.map(1, 3, chunk, 9 - 2 * chunk);
    }
    float[] w = new float[3 * d * d];
    Weights weights = weights(DType.F32, 3 * d, d, w);
    CpuBuffer bias = random(2, d);
    CpuBuffer rope = random(64, width);
    CpuBuffer x = random(positions, d);
    for (int i = 0; i < x.data().length; i++) {
      x.data()[i] /= (float) Math.sqrt(d); // scores of a few units, as in a trained model
    }
    CpuBuffer q = filled(positions, d);
    CpuBuffer out = filled(positions, d);
    // in two chunks, as prefill does it
    for (int from = 0; from < positions; from += 20) {
      int n = Math.min(20, positions - from);
      Lanes lanes = device.lanes(n);
      for (int m = 0; m < n; m++) {
        lanes.add(m, 1, from + m, group, 0);
      }
      CpuBuffer part = rows(x, from, n);
      CpuBuffer queries = filled(n, d);
      CpuBuffer answers = filled(n, d);
      Ops.queryKeyValue(device, lanes, part, weights, bias, rope, sequences, cache, slot, queries);
      Ops.attention(device, lanes, queries, sequences, cache, slot, answers);
      System.arraycopy(queries.data(), 0, q.data(), q.row(from), n * d);
      System.arraycopy(answers.data(), 0, out.data(), out.row(from), n * d);
      for (int m = 0; m < n; m++) { // each alone, to the bit
        CpuBuffer alone = filled(1, d);
        CpuBuffer query = rows(queries, m, 1);
        Ops.attention(device, lane(1, from + m, group), query, sequences, cache, slot, alone);
        assertThat(alone.data()).isEqualTo(rows(answers, m, 1).data());
      }
    }

    float[][] qs = new float[positions][];
    float[][] ks = new float[positions][];
    float[][] vs = new float[positions][];
    for (int p = 0; p < positions; p++) {
      float[] qkv = new float[3 * d];
      for (int r = 0; r < 3 * d; r++) {
        qkv[r] = dot(w, r * d, x.data(), x.row(p), d) + (r < 2 * d ? bias.data()[r] : 0);
      }
      qs[p] = rotated(Arrays.copyOfRange(qkv, 0, d), rope, p, width);
      ks[p] = Kept.as(format, rotated(Arrays.copyOfRange(qkv, d, 2 * d), rope, p, width), width);
      vs[p] = Kept.as(format, Arrays.copyOfRange(qkv, 2 * d, 3 * d), width);
      assertThat(Arrays.copyOfRange(q.data(), q.row(p), q.row(p + 1))).isEqualTo(qs[p]);
    }
    for (int p = 0; p < positions; p++) {
      for (int h = 0; h < heads; h++) {
        double[] wanted = attend(qs[p], ks, vs, p, h * width, width);
        for (int i = 0; i < width; i++) {
          assertThat((double) out.data()[out.row(p) + h * width + i])
              .isCloseTo(wanted[i], within(2e-5));
        }
      }
    }
  }

  static Stream<Format> formats() {
    return Stream.of(Format.F32, Format.BF16, KvCache.FP8, KvCache.INT8);
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aLaneReadsTheDeepestSlotOfPositionsThatStoppedSooner(Format format) {
    int heads = 3;
    int width = 24;
    int d = heads * width;
    int positions = 70;
    int groups = 4;
    KvSlot slot = new KvSlot(1, 2);
    KvSlot single = new KvSlot(0, 0);
    int chunks = KvCache.chunks(positions);
    KvCache cache = device.kvCache(format, (groups + 1) * chunks, heads, width);
    Sequences sequences = device.sequences(2, positions, 8);
    for (int sequence = 0; sequence < 2; sequence++) {
      sequences.open(sequence, parameters(1f));
    }
    for (int chunk = 0; chunk < chunks; chunk++) {
      for (int group = 0; group < groups; group++) {
        sequences.map(0, slot.of(group), chunk, chunk * groups + group);
      }
      sequences.map(1, 0, chunk, groups * chunks + chunk);
    }
    Weights wte = weights(DType.F32, 1, d, new float[d]);
    Weights weights = weights(DType.F32, 3 * d, d, new float[3 * d * d]);
    CpuBuffer bias = random(2, d);
    CpuBuffer rope = random(positions, width);
    CpuBuffer[] x =
        IntStream.range(0, groups).mapToObj(g -> random(positions, d)).toArray(CpuBuffer[]::new);
    CpuBuffer q = random(1, d);
    // whole pages that agree, pages that do not, a position that begins anew at less depth
    int[] deepest =
        IntStream.range(0, positions).map(p -> p < 20 ? 2 : random.nextInt(groups)).toArray();
    for (int p = 0; p < positions; p++) {
      append(lane(0, p, groups - 1), x[0], weights, bias, rope, sequences, cache, slot);
      Ops.embed(device, lane(0, p, 0), wte, 1f, device.sampled(1), sequences, filled(1, d));
      for (int group = 0; group <= deepest[p]; group++) {
        append(lane(0, p, group), x[group], weights, bias, rope, sequences, cache, slot);
      }
    }

    for (int last : new int[] {0, 15, 16, 37, 69}) {
      for (int group = 0; group <= deepest[last]; group++) {
        for (int p = 0; p <= last; p++) {
          // the other sequence has one slot, and in it what the lane should read
          CpuBuffer read = x[Math.min(group, deepest[p])];
          append(lane(1, p, 0), read, weights, bias, rope, sequences, cache, single);
        }
        CpuBuffer wanted = filled(1, d);
        CpuBuffer out = filled(1, d);
        Ops.attention(device, lane(1, last, 0), q, sequences, cache, single, wanted);
        Ops.attention(device, lane(0, last, group), q, sequences, cache, slot, out);
        assertThat(out.data()).isEqualTo(wanted.data());
      }
    }
  }

  /** Appends the row of x that belongs to a lane's position. */
  private void append(
      Lanes lane,
      CpuBuffer x,
      Weights weights,
      CpuBuffer bias,
      CpuBuffer rope,
      Sequences sequences,
      KvCache cache,
      KvSlot slot) {
    CpuBuffer row = rows(x, CpuLanes.of(lane).position[0], 1);
    CpuBuffer query = filled(1, x.columns());
    Ops.queryKeyValue(device, lane, row, weights, bias, rope, sequences, cache, slot, query);
  }

  private static double[] attend(float[] q, float[][] k, float[][] v, int p, int at, int width) {
    double[] scores = new double[p + 1];
    for (int j = 0; j <= p; j++) {
      for (int i = at; i < at + width; i++) {
        scores[j] += (double) q[i] * k[j][i];
      }
      scores[j] /= Math.sqrt(width);
    }
    double max = Arrays.stream(scores).max().orElseThrow();
    double sum = Arrays.stream(scores).map(s -> Math.exp(s - max)).sum();
    double[] out = new double[width];
    for (int j = 0; j <= p; j++) {
      for (int i = 0; i < width; i++) {
        out[i] += Math.exp(scores[j] - max) / sum * v[j][at + i];
      }
    }
    return out;
  }

  private static float[] rotated(float[] x, CpuBuffer rope, int position, int width) {
    float[] out = new float[x.length];
    for (int i = 0; i < x.length; i += 2) {
      float cos = rope.data()[rope.row(position) + i % width];
      float sin = rope.data()[rope.row(position) + i % width + 1];
      out[i] = x[i] * cos - x[i + 1] * sin;
      out[i + 1] = x[i + 1] * cos + x[i] * sin;
    }
    return out;
  }

  @Test
  void embeddingsAreScaledRowsAndTheirTokensAreRemembered() {
    float[] w = new float[40 * 24];
    Weights wte = weights(DType.BF16, 40, 24, w);
    CpuSequences sequences = (CpuSequences) device.sequences(1, 8, 1);
    CpuBuffer logits = new CpuBuffer(new float[40], 1, 40);
    logits.data()[37] = 1;
    var sampled = device.sampled(4);
    Lanes first = device.lanes(1);
    sequences.open(0, parameters(1f));
    first.add(2, 0, 3, 0, 0);
    int[] drawn = Ops.sample(device, first, logits, sequences, sampled).await().tokens();
    Lanes lanes = device.lanes(2);
    lanes.add(0, 0, 3, 0, 11);
    lanes.add(1, 0, 4, 0, Lanes.sampledIn(2));
    CpuBuffer x = filled(2, 24);

    Ops.embed(device, lanes, wte, 3f, sampled, sequences, x);

    assertThat(drawn).containsExactly(37);
    assertThat(sequences.history[0]).startsWith(0, 0, 0, 11, 37);
    for (int i = 0; i < 24; i++) {
      assertThat(x.data()[i]).isEqualTo(w[11 * 24 + i] * 3f);
      assertThat(x.data()[24 + i]).isEqualTo(w[37 * 24 + i] * 3f);
    }
  }

  @Test
  void initialLatentsAreTruncatedNormalNumbersOfSeedAndPositionAlone() {
    int d = 4096;
    float sigma = 0.011f;
    Sequences sequences = device.sequences(2, 8, 1);
    sequences.open(0, parameters(2f));
    sequences.open(1, parameters(0f));
    CpuBuffer s = filled(3, d);
    Lanes lanes = device.lanes(3);
    lanes.add(2, 0, 5, 0, 0);
    lanes.add(0, 1, 5, 0, 0);
    lanes.add(1, 0, 6, 0, 0);
    Ops.initialState(device, lanes, sigma, sequences, s);

    float scale = sigma * 2f * 64f;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < d; i++) {
      double z = s.data()[s.row(2) + i] / scale;
      assertThat(Math.abs(z)).isLessThanOrEqualTo(3.0001);
      sum += z;
      squares += z * z;
      assertThat(s.data()[i]).isZero();
    }
    // mean 0 and variance 0.9734 of a normal cut at ±3; 4096 numbers: standard errors 0.015, 0.022
    assertThat(sum / d).isCloseTo(0, within(0.06));
    assertThat(squares / d).isCloseTo(0.9734, within(0.09));
    assertThat(device.read(s, 1)).isNotEqualTo(device.read(s, 2));

    CpuBuffer again = filled(1, d);
    Lanes alone = device.lanes(1);
    alone.add(0, 0, 5, 0, 0);
    Ops.initialState(device, alone, sigma, sequences, again);
    assertThat(again.data()).isEqualTo(device.read(s, 2));
  }

  @Test
  void scatterWritesTheLanesRows() {
    CpuBuffer x = random(2, 8);
    CpuBuffer out = filled(4, 8);
    Lanes lanes = device.lanes(2);
    lanes.add(3, 0, 0, 0, 0);
    lanes.add(0, 0, 1, 0, 0);
    Ops.scatter(device, lanes, x, out);
    assertThat(device.read(out, 3)).isEqualTo(device.read(x, 0));
    assertThat(device.read(out, 0)).isEqualTo(device.read(x, 1));
    assertThat(device.read(out, 1)).containsOnly(Float.NaN);
  }

  private static SequenceParameters parameters(float initScale) {
    return new SequenceParameters(42, initScale, 0, 0, 1, 0, 1, -1);
  }

  private Lanes lane(int sequence, int position, int group) {
    Lanes lanes = device.lanes(1);
    lanes.add(0, sequence, position, group, 0);
    return lanes;
  }

  private Lanes lanes(int n) {
    Lanes lanes = device.lanes(n);
    for (int m = 0; m < n; m++) {
      lanes.add(m, 0, m, 0, 0);
    }
    return lanes;
  }

  /** Random weights of a type; {@code values} receives them as the device must read them. */
  private Weights weights(DType dtype, int rows, int columns, float[] values) {
    MemorySegment data = Arena.ofAuto().allocate((long) values.length * dtype.bytes());
    for (int i = 0; i < values.length; i++) {
      float value = (float) random.nextGaussian();
      switch (dtype) {
        case F32 -> {
          values[i] = value;
          data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        }
        case BF16 -> {
          int bits = Float.floatToRawIntBits(value);
          values[i] = Float.intBitsToFloat(bits & 0xFFFF0000);
          data.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (bits >>> 16));
        }
        case F16 -> {
          short half = Float.floatToFloat16(value);
          values[i] = Float.float16ToFloat(half);
          data.setAtIndex(ValueLayout.JAVA_SHORT, i, half);
        }
      }
    }
    return device.weights(dtype, rows, columns, data);
  }

  private static MemorySegment segment(float[] values) {
    MemorySegment data = Arena.ofAuto().allocate(values.length * 4L);
    MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, 0, values.length);
    return data;
  }

  private CpuBuffer random(int rows, int columns) {
    CpuBuffer buffer = filled(rows, columns);
    for (int i = 0; i < buffer.data().length; i++) {
      buffer.data()[i] = (float) random.nextGaussian();
    }
    return buffer;
  }

  /** Not a number wherever nobody writes. */
  private CpuBuffer filled(int rows, int columns) {
    Buffer buffer = device.buffer(rows, columns);
    Arrays.fill(((CpuBuffer) buffer).data(), Float.NaN);
    return (CpuBuffer) buffer;
  }

  private static CpuBuffer rows(CpuBuffer all, int from, int n) {
    return new CpuBuffer(
        Arrays.copyOfRange(all.data(), all.row(from), all.row(from + n)), n, all.columns());
  }

  private static float dot(float[] w, int from, float[] x, int at, int k) {
    float sum = 0;
    for (int i = 0; i < k; i++) {
      sum = Math.fma(w[from + i], x[at + i], sum);
    }
    return sum;
  }
}
