package muninn.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import muninn.kernels.Lanes;
import muninn.kernels.LatentMeasures;
import muninn.kernels.Ops;
import muninn.kernels.OutputMeasures;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What exit rules go by, against plain loops in double precision over the published
 * implementation's definitions.
 */
final class MeasuresTest {
  private static final int ROWS = 7;
  private static final int[] LANE_ROWS = {3, 0, 6, 2, 5};

  private final CpuDevice device = new CpuDevice(3);
  private final Random random = new Random(11);

  @AfterEach
  void close() {
    device.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 50, 5280})
  void latentsAreComparedWithThoseBeforeAndRemembered(int d) {
    CpuBuffer s = random(ROWS, d, 1);
    CpuBuffer previous = near(s, 0.1f);
    float[] before = previous.data().clone();

    LatentMeasures.Result result = Ops.latentMeasures(device, lanes(), s, previous).await();

    for (int m = 0; m < LANE_ROWS.length; m++) {
      double[] now = row(s.data(), LANE_ROWS[m], d);
      double[] then = row(before, LANE_ROWS[m], d);
      double moved = norm(IntStream.range(0, d).mapToDouble(i -> now[i] - then[i]));
      double dot = IntStream.range(0, d).mapToDouble(i -> now[i] * then[i]).sum();
      double lengths = norm(Arrays.stream(now)) * norm(Arrays.stream(then));
      assertThat((double) result.moved()[m]).isEqualTo(moved, within(1e-6 * moved));
      assertThat((double) result.change()[m])
          .isEqualTo(moved / norm(Arrays.stream(now)), within(1e-6));
      assertThat((double) result.cosine()[m]).isEqualTo(1 - dot / lengths, within(1e-6));
    }
    assertRemembered(before, previous, s, true);
  }

  @Test
  void aLatentThatStartsFromZeroHasMovedByItsLengthInNoDirection() {
    CpuBuffer s = random(ROWS, 16, 1);
    LatentMeasures.Result result =
        Ops.latentMeasures(device, lanes(), s, device.operand(ROWS, 16)).await();
    assertThat(result.change()).containsOnly(1);
    assertThat(result.cosine()).containsOnly(Float.NaN);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 50, 5280})
  void aGateIsTheSigmoidOfItsProductWithTheLatent(int d) {
    CpuBuffer s = random(ROWS, d, 1);
    CpuBuffer weight = random(1, d, 0.1f);
    CpuBuffer bias = random(1, 1, 1);
    float[] seen = Ops.gate(device, lanes(), s, weight, bias).await();
    for (int m = 0; m < LANE_ROWS.length; m++) {
      double[] state = row(s.data(), LANE_ROWS[m], d);
      double dot = IntStream.range(0, d).mapToDouble(i -> state[i] * weight.data()[i]).sum();
      assertThat((double) seen[m])
          .isEqualTo(1 / (1 + Math.exp(-dot - bias.data()[0])), within(1e-6));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 97, 1000, 65536})
  void predictionsAreComparedWithThoseBeforeAndRemembered(int vocabulary) {
    for (float moved : new float[] {1, 0.01f}) {
      CpuBuffer logits = random(LANE_ROWS.length, vocabulary, 3);
      CpuBuffer previous = random(ROWS, vocabulary, 3);
      for (int m = 0; m < LANE_ROWS.length; m++) {
        for (int i = 0; i < vocabulary; i++) {
          previous.data()[previous.row(LANE_ROWS[m]) + i] =
              logits.data()[logits.row(m) + i] + moved * (float) random.nextGaussian();
        }
      }
      float[] before = previous.data().clone();

      OutputMeasures.Result result = Ops.outputMeasures(device, lanes(), logits, previous).await();

      for (int m = 0; m < LANE_ROWS.length; m++) {
        double[] p = softmax(row(before, LANE_ROWS[m], vocabulary));
        double[] q = softmax(row(logits.data(), m, vocabulary));
        assertThat((double) result.kl()[m]).isEqualTo(kl(p, q), within(1e-6));
        assertThat((double) result.minpKl()[m])
            .isEqualTo(kl(filtered(p), filtered(q)), within(1e-6));
        assertThat((double) result.entropy()[m])
            .isEqualTo(entropy(q), within(1e-6 + 1e-10 * vocabulary));
        assertThat(result.argmax()[m]).isEqualTo(argmax(q));
      }
      assertRemembered(before, previous, logits, false);
    }
  }

  @Test
  void theFirstPredictionIsComparedWithTheUniformOne() {
    int vocabulary = 160;
    CpuBuffer logits = random(LANE_ROWS.length, vocabulary, 3);
    CpuBuffer previous = random(ROWS, vocabulary, 3);
    Ops.clearRows(device, lanes(), previous);
    OutputMeasures.Result result = Ops.outputMeasures(device, lanes(), logits, previous).await();
    double[] uniform = new double[vocabulary];
    Arrays.fill(uniform, 1.0 / vocabulary);
    for (int m = 0; m < LANE_ROWS.length; m++) {
      double[] q = softmax(row(logits.data(), m, vocabulary));
      assertThat((double) result.kl()[m]).isEqualTo(kl(uniform, q), within(1e-6));
      assertThat((double) result.minpKl()[m]).isEqualTo(kl(uniform, filtered(q)), within(1e-6));
    }
  }

  @Test
  void aPredictionThatStaysHasNotMovedAndTheLowestOfEqualTokensIsItsMost() {
    CpuBuffer logits = device.buffer(ROWS, 12);
    for (int m = 0; m < LANE_ROWS.length; m++) {
      logits.data()[logits.row(m) + 5] = 2;
      logits.data()[logits.row(m) + 9] = 2;
    }
    CpuBuffer previous = device.buffer(ROWS, 12);
    Ops.outputMeasures(device, lanes(), logits, previous).await();
    OutputMeasures.Result again = Ops.outputMeasures(device, lanes(), logits, previous).await();
    assertThat(again.kl()).containsOnly(0);
    assertThat(again.minpKl()).containsOnly(0);
    assertThat(again.argmax()).containsOnly(5);
  }

  @Test
  void logitsThatAreNotNumbersAreBelowNoThreshold() {
    CpuBuffer logits = random(ROWS, 20, 1);
    logits.data()[logits.row(1) + 4] = Float.NaN;
    Arrays.fill(logits.data(), logits.row(2), logits.row(3), Float.NaN);
    OutputMeasures.Result result =
        Ops.outputMeasures(device, lanes(), logits, device.buffer(ROWS, 20)).await();
    assertThat(result.kl()[0]).isNotNaN();
    assertThat(result.argmax()[1]).isNotEqualTo(4);
    assertThat(result.argmax()[2]).isEqualTo(-1);
    for (int m = 1; m <= 2; m++) {
      assertThat(result.kl()[m]).isNaN();
      assertThat(result.minpKl()[m]).isNaN();
      assertThat(result.entropy()[m]).isNaN();
    }
  }

  @Test
  void rowsAreCopiedAndClearedByLane() {
    CpuBuffer from = random(ROWS, 9, 1);
    CpuBuffer to = random(ROWS, 9, 1);
    float[] before = to.data().clone();
    Ops.copyRows(device, lanes(), from, to);
    assertRemembered(before, to, from, true);
    Ops.clearRows(device, lanes(), to);
    assertRemembered(before, to, device.buffer(ROWS, 9), true);
  }

  /** The lanes' rows of {@code to} are the source's (by row or by place), the others as before. */
  private static void assertRemembered(
      float[] before, CpuBuffer to, CpuBuffer source, boolean byRow) {
    float[] expected = before.clone();
    int d = to.columns();
    for (int m = 0; m < LANE_ROWS.length; m++) {
      int from = source.row(byRow ? LANE_ROWS[m] : m);
      System.arraycopy(source.data(), from, expected, to.row(LANE_ROWS[m]), d);
    }
    assertThat(to.data()).isEqualTo(expected);
  }

  private Lanes lanes() {
    Lanes lanes = device.lanes(ROWS);
    for (int row : LANE_ROWS) {
      lanes.add(row, 0, 0, 0, 0);
    }
    return lanes;
  }

  private CpuBuffer random(int rows, int columns, float scale) {
    CpuBuffer buffer = device.buffer(rows, columns);
    for (int i = 0; i < buffer.data().length; i++) {
      buffer.data()[i] = scale * (float) random.nextGaussian();
    }
    return buffer;
  }

  private CpuBuffer near(CpuBuffer s, float distance) {
    CpuBuffer buffer = random(s.rows(), s.columns(), distance);
    for (int i = 0; i < buffer.data().length; i++) {
      buffer.data()[i] += s.data()[i];
    }
    return buffer;
  }

  private static double[] row(float[] data, int row, int columns) {
    return IntStream.range(0, columns).mapToDouble(i -> data[row * columns + i]).toArray();
  }

  private static double norm(DoubleStream values) {
    return Math.sqrt(values.map(v -> v * v).sum());
  }

  private static double[] softmax(double[] logits) {
    double max = Arrays.stream(logits).max().orElseThrow();
    double[] e = Arrays.stream(logits).map(v -> Math.exp(v - max)).toArray();
    return normalised(e);
  }

  private static double[] normalised(double[] p) {
    double sum = Arrays.stream(p).sum();
    return Arrays.stream(p).map(v -> v / sum).toArray();
  }

  private static double[] filtered(double[] p) {
    double least = 0.1 * Arrays.stream(p).max().orElseThrow();
    return normalised(Arrays.stream(p).map(v -> v < least ? 1.0 / p.length : v).toArray());
  }

  private static double kl(double[] p, double[] q) {
    return IntStream.range(0, p.length).mapToDouble(i -> p[i] * Math.log(p[i] / q[i])).sum();
  }

  private static double entropy(double[] p) {
    return -Arrays.stream(p).map(v -> v * Math.log(v + 1e-10)).sum();
  }

  private static int argmax(double[] p) {
    return IntStream.range(0, p.length).reduce(0, (best, i) -> p[i] > p[best] ? i : best);
  }
}
