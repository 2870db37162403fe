package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Lanes;
import muninn.kernels.LatentMeasures;
import muninn.kernels.Ops;
import muninn.kernels.OutputMeasures;
import muninn.kernels.cuda.Twins.Pair;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What exit rules go by, of a CUDA device against the CPU's. */
@Tag("gpu")
class MeasuresTest {
  private static final int ROWS = 7;
  private static final int[] LANE_ROWS = {3, 0, 6, 2, 5};

  static Stream<Arguments> latents() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(dtype -> IntStream.of(8, 136, 1000, 5280).mapToObj(d -> Arguments.of(dtype, d)));
  }

  @ParameterizedTest
  @MethodSource("latents")
  void latentsAreMeasuredAndRemembered(DType dtype, int d) {
    try (Twins twins = new Twins(dtype)) {
      for (float distance : new float[] {1, 0.02f}) {
        float[] values = twins.values(ROWS * d, 1);
        Pair<Buffer> s = twins.operand(ROWS, d, values);
        Pair<Buffer> previous = twins.operand(ROWS, d, moved(twins, values, distance));
        Pair<Lanes> lanes = twins.lanes(LANE_ROWS);
        LatentMeasures.Result expected =
            Ops.latentMeasures(twins.cpu, lanes.cpu(), s.cpu(), previous.cpu()).await();
        LatentMeasures.Result actual =
            Ops.latentMeasures(twins.cuda, lanes.cuda(), s.cuda(), previous.cuda()).await();
        for (int m = 0; m < LANE_ROWS.length; m++) {
          float moved = expected.moved()[m];
          assertThat(actual.moved()[m]).isCloseTo(moved, within(2e-6f * moved));
        }
        assertThat(actual.change()).containsExactly(expected.change(), within(1e-6f));
        assertThat(actual.cosine()).containsExactly(expected.cosine(), within(1e-6f));
        twins.assertEqual(previous, ROWS);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("latents")
  void theGateSaysTheSame(DType dtype, int d) {
    try (Twins twins = new Twins(dtype)) {
      for (float scale : new float[] {0.01f, 0.3f, 4}) { // undecided, inclined, certain
        Pair<Buffer> s = twins.operand(ROWS, d);
        Pair<Buffer> weight = twins.floats(1, d, twins.values(d, scale));
        Pair<Buffer> bias = twins.floats(1, 1, new float[] {-0.7f});
        Pair<Lanes> lanes = twins.lanes(LANE_ROWS);
        float[] expected =
            Ops.gate(twins.cpu, lanes.cpu(), s.cpu(), weight.cpu(), bias.cpu()).await();
        float[] actual =
            Ops.gate(twins.cuda, lanes.cuda(), s.cuda(), weight.cuda(), bias.cuda()).await();
        assertThat(actual).containsExactly(expected, within(3e-6f));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 97, 4096, 4097, 70_001})
  void predictionsAreMeasuredAndRemembered(int vocabulary) {
    try (Twins twins = new Twins(DType.BF16)) {
      for (float distance : new float[] {2, 0.01f}) {
        float[] values = twins.values(LANE_ROWS.length * vocabulary, 3);
        float[] before = twins.values(ROWS * vocabulary, 3);
        float[] near = moved(twins, values, distance);
        for (int m = 0; m < LANE_ROWS.length; m++) {
          System.arraycopy(near, m * vocabulary, before, LANE_ROWS[m] * vocabulary, vocabulary);
        }
        Pair<Buffer> logits = twins.floats(LANE_ROWS.length, vocabulary, values);
        Pair<Buffer> previous = twins.floats(ROWS, vocabulary, before);
        assertTwins(twins, logits, previous);
      }
    }
  }

  @Test
  void theUniformPredictionEqualTokensAndPeaksAreMeasuredAsTheCpuDoes() {
    int vocabulary = 5000;
    try (Twins twins = new Twins(DType.F32)) {
      float[] values = twins.values(LANE_ROWS.length * vocabulary, 1);
      Arrays.fill(values, 0, vocabulary, -3); // all alike
      values[vocabulary + 4999] = 80; // all of the probability, in the last piece
      values[2 * vocabulary + 4100] = 9; // two alike, one in each piece, and one of another sign
      values[2 * vocabulary + 17] = 9;
      Arrays.fill(values, 3 * vocabulary, 4 * vocabulary, -1);
      values[3 * vocabulary + 4500] = -0f;
      values[3 * vocabulary + 4600] = 0;
      Pair<Buffer> logits = twins.floats(LANE_ROWS.length, vocabulary, values);
      Pair<Buffer> previous = twins.on(device -> device.buffer(ROWS, vocabulary));
      OutputMeasures.Result result = assertTwins(twins, logits, previous);
      assertThat(result.argmax()).startsWith(0, 4999, 17, 4500);
      assertThat(result.kl()[0]).isZero();
      // And once more: nothing has moved.
      assertThat(assertTwins(twins, logits, previous).kl()).containsOnly(0);
    }
  }

  @Test
  void logitsThatAreNotNumbersAreBelowNoThreshold() {
    int vocabulary = 5000;
    try (Twins twins = new Twins(DType.F32)) {
      float[] values = twins.values(LANE_ROWS.length * vocabulary, 1);
      values[vocabulary + 4321] = Float.NaN;
      Arrays.fill(values, 2 * vocabulary, 3 * vocabulary, Float.NaN);
      Pair<Buffer> logits = twins.floats(LANE_ROWS.length, vocabulary, values);
      Pair<Buffer> previous = twins.on(device -> device.buffer(ROWS, vocabulary));
      Pair<Lanes> lanes = twins.lanes(LANE_ROWS);
      OutputMeasures.Result expected =
          Ops.outputMeasures(twins.cpu, lanes.cpu(), logits.cpu(), previous.cpu()).await();
      OutputMeasures.Result actual =
          Ops.outputMeasures(twins.cuda, lanes.cuda(), logits.cuda(), previous.cuda()).await();
      assertThat(actual.argmax()).isEqualTo(expected.argmax());
      for (int m = 0; m < LANE_ROWS.length; m++) {
        boolean numbers = m != 1 && m != 2;
        assertThat(Float.isNaN(actual.kl()[m])).isNotEqualTo(numbers);
        assertThat(Float.isNaN(actual.minpKl()[m])).isNotEqualTo(numbers);
        assertThat(Float.isNaN(actual.entropy()[m])).isNotEqualTo(numbers);
      }
    }
  }

  @Test
  void resultsAreThereInAnyOrderOfAsking() {
    try (Twins twins = new Twins(DType.F32)) {
      Pair<Buffer> s = twins.operand(ROWS, 64);
      Buffer previous = twins.cuda.operand(ROWS, 64);
      Lanes lanes = twins.lanes(LANE_ROWS).cuda();
      LatentMeasures first = Ops.latentMeasures(twins.cuda, lanes, s.cuda(), previous);
      LatentMeasures second = Ops.latentMeasures(twins.cuda, lanes, s.cuda(), previous);
      assertThat(second.await().change()).containsOnly(0);
      LatentMeasures third = Ops.latentMeasures(twins.cuda, lanes, s.cuda(), previous);
      assertThat(first.await().change()).containsOnly(1);
      assertThat(first.await().cosine()).containsOnly(Float.NaN);
      assertThat(third.await().change()).containsOnly(0);
    }
  }

  @Test
  void noLanesAreNoResults() {
    try (Twins twins = new Twins(DType.F32)) {
      Lanes none = twins.lanes().cuda();
      Buffer buffer = twins.cuda.buffer(1, 8);
      assertThat(Ops.latentMeasures(twins.cuda, none, buffer, buffer).await().change()).isEmpty();
      assertThat(Ops.gate(twins.cuda, none, buffer, buffer, buffer).await()).isEmpty();
      assertThat(Ops.outputMeasures(twins.cuda, none, buffer, buffer).await().kl()).isEmpty();
    }
  }

  private static OutputMeasures.Result assertTwins(
      Twins twins, Pair<Buffer> logits, Pair<Buffer> previous) {
    Pair<Lanes> lanes = twins.lanes(LANE_ROWS);
    OutputMeasures.Result expected =
        Ops.outputMeasures(twins.cpu, lanes.cpu(), logits.cpu(), previous.cpu()).await();
    OutputMeasures.Result actual =
        Ops.outputMeasures(twins.cuda, lanes.cuda(), logits.cuda(), previous.cuda()).await();
    assertThat(actual.argmax()).isEqualTo(expected.argmax());
    for (int m = 0; m < LANE_ROWS.length; m++) {
      assertClose(actual.kl()[m], expected.kl()[m]);
      assertClose(actual.minpKl()[m], expected.minpKl()[m]);
      assertClose(actual.entropy()[m], expected.entropy()[m]);
    }
    twins.assertEqual(previous, ROWS);
    return actual;
  }

  /** Much less than the tightest threshold, 1e-5. */
  private static void assertClose(float actual, float expected) {
    assertThat(actual).isCloseTo(expected, within(3e-7f + 3e-7f * Math.abs(expected)));
  }

  private static float[] moved(Twins twins, float[] values, float distance) {
    float[] near = twins.values(values.length, distance);
    for (int i = 0; i < values.length; i++) {
      near[i] += values[i];
    }
    return near;
  }
}
