package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.Sampled;
import muninn.kernels.Samples;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.Weights;
import muninn.kernels.cpu.CpuDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Draws against the CPU's, to the bit. */
@Tag("gpu")
final class SamplerTest {
  private static final int LANES = 40;
  private static final int POSITIONS = 9;
  private static final int WIDTH = 8;
  private static final int[] VOCABULARIES = {
    1, 2, 3, 4, 5, 7, 8, 31, 32, 33, 64, 100, 127, 128, 129, 255, 400, 513, 1000, 1024, 1027, 2000
  };

  private final Arena arena = Arena.ofShared();
  private final Random random = new Random(11);
  private CudaDevice cuda;
  private CpuDevice cpu;

  /** A lane, and what its sequence draws by. */
  private record Case(float[] logits, SequenceParameters parameters, int[] history) {}

  @BeforeEach
  void open() {
    cuda = TestDevice.open(DType.F32);
    cpu = new CpuDevice(2);
  }

  @AfterEach
  void close() {
    arena.close();
    if (cuda != null) { // else there is no compiler, and the test is skipped
      cpu.close();
      cuda.close();
    }
  }

  @Test
  void drawsAreTheCpusInEveryKindOfLane() {
    int drawn = 0;
    for (int round = 0; round < 6 * VOCABULARIES.length; round++) {
      int vocabulary = VOCABULARIES[round % VOCABULARIES.length];
      Case[] cases = new Case[LANES];
      for (int m = 0; m < LANES; m++) {
        int[] history = random.ints(1 + random.nextInt(POSITIONS), 0, vocabulary).toArray();
        cases[m] = new Case(logits(vocabulary), parameters(vocabulary), history);
      }
      Samples.Result wanted = draw(cpu, cases);
      assertSame(draw(cuda, cases), wanted, cases);
      drawn += LANES;
    }
    assertThat(drawn).isGreaterThan(5000);
  }

  @Test
  void largeVocabulariesAreDrawnFromAsSmallOnesAre() {
    for (int vocabulary : new int[] {65_536, 70_000, 33_333, 300_000}) {
      Case[] cases = new Case[4];
      for (int m = 0; m < cases.length; m++) {
        SequenceParameters parameters =
            new SequenceParameters(m, 0, 1.1f, m < 2 ? 0 : 900, m % 2 == 0 ? 1 : 0.95f, 0, 1.2f, 7);
        cases[m] = new Case(gaussian(vocabulary, 3), parameters, new int[] {5, 9, 5});
      }
      Samples.Result wanted = draw(cpu, cases);
      assertSame(draw(cuda, cases), wanted, cases);
    }
  }

  @Test
  void aLaneDrawsTheSameAloneAndAmongOthers() {
    int vocabulary = 600;
    Case[] cases = new Case[11];
    for (int m = 0; m < cases.length; m++) {
      cases[m] = new Case(gaussian(vocabulary, 4), parameters(vocabulary), new int[] {m});
    }
    Samples.Result together = draw(cuda, cases);
    for (int m = 0; m < cases.length; m++) {
      Samples.Result alone = draw(cuda, cases[m]);
      assertThat(alone.tokens()[0]).isEqualTo(together.tokens()[m]);
      assertThat(alone.logProbs()[0]).isEqualTo((Float) together.logProbs()[m]);
      assertThat(alone.topTokens()[0]).isEqualTo(together.topTokens()[m]);
      assertThat(alone.topLogProbs()[0]).isEqualTo(together.topLogProbs()[m]);
    }
  }

  @Test
  void drawsInFlightAreReadInAnyOrderAndTwice() {
    Case greedy = new Case(new float[] {0, 3, 1}, parameters(0, 2), new int[] {0});
    Case other = new Case(new float[] {0, 1, 3}, parameters(0, -1), new int[] {0});
    Samples first = enqueue(cuda, greedy);
    Samples second = enqueue(cuda, other, other);
    assertThat(second.await().tokens()).containsExactly(2, 2);
    Samples third = enqueue(cuda, greedy);
    assertThat(first.await().tokens()).containsExactly(1);
    assertThat(first.await().topTokens()[0]).containsExactly(1, 2);
    assertThat(third.await().tokens()).containsExactly(1);
    assertThat(second.await().tokens()).containsExactly(2, 2);
  }

  @Test
  void aTableWithoutLanesDrawsNothing() {
    Samples samples =
        Ops.sample(
            cuda, cuda.lanes(1), cuda.buffer(1, 3), cuda.sequences(1, 1, 1), cuda.sampled(1));
    assertThat(samples.await().tokens()).isEmpty();
  }

  @Test
  void theTokenIsLeftAtTheLanesRowAndAnyValidOneWhereNoneIsDrawn() {
    float nan = Float.NaN;
    Sampled sampled = cuda.sampled(5);
    Sequences sequences = cuda.sequences(2, 1, 1);
    sequences.open(0, parameters(0, -1));
    sequences.open(1, parameters(0, -1));
    Lanes lanes = cuda.lanes(4);
    lanes.add(3, 1, 0, 0, 0);
    lanes.add(1, 0, 0, 0, 0);
    Buffer logits = table(cuda, new float[][] {{1, 2, 3, 4, 9, 5}, {nan, nan, nan, nan, nan, nan}});
    assertThat(Ops.sample(cuda, lanes, logits, sequences, sampled).await().tokens())
        .containsExactly(4, -1);
    CudaBuffer rows = new CudaBuffer(CudaSampled.of(sampled), DType.F32, 1, 5);
    float[] bits = cuda.read(rows, 0);
    assertThat(Float.floatToRawIntBits(bits[3])).isEqualTo(4);
    assertThat(Float.floatToRawIntBits(bits[1])).isBetween(0, 5);
  }

  private static SequenceParameters parameters(float temperature, int logProbs) {
    return new SequenceParameters(1, 0, temperature, 0, 1, 0, 1, logProbs);
  }

  private float[] gaussian(int n, float scale) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextGaussian() * scale;
    }
    return values;
  }

  /** Of every kind that a model, a broken one too, might give. */
  private float[] logits(int vocabulary) {
    float[] logits = gaussian(vocabulary, new float[] {0.01f, 1, 4, 30}[random.nextInt(4)]);
    int kind = random.nextInt(10);
    for (int i = 0; i < vocabulary; i++) {
      switch (kind) {
        case 0 -> logits[i] = (float) Math.rint(logits[i]); // ties, zeros of both signs
        case 1 -> logits[i] = 1; // nothing but ties
        case 2 -> logits[i] = random.nextInt(3) == 0 ? Float.NaN : logits[i];
        case 3 -> logits[i] = random.nextInt(3) == 0 ? Float.NEGATIVE_INFINITY : logits[i];
        case 4 -> logits[i] *= 1e37f;
        case 5 -> logits[i] *= 1e-39f;
        default -> {}
      }
    }
    int odd = random.nextInt(40);
    if (odd < 3) {
      Arrays.fill(logits, odd == 0 ? Float.NaN : Float.NEGATIVE_INFINITY);
    }
    if (odd == 2 || odd == 3) {
      logits[random.nextInt(vocabulary)] = odd == 2 ? -5 : Float.POSITIVE_INFINITY;
    }
    return logits;
  }

  private SequenceParameters parameters(int vocabulary) {
    float[] temperatures = {0, 1, 1, 1, 0.7f, 1.3f, 0.05f, 40, 1e-6f, Float.MIN_VALUE};
    int[] topKs = {0, 0, 0, 1, 2, 5, 50, vocabulary - 1, vocabulary, Integer.MAX_VALUE};
    float[] topPs = {1, 1, 1, 0.5f, 0.9f, 0.95f, 0.999f, 1e-9f, Float.MIN_VALUE, 0x0.ffffffp0f};
    float[] minPs = {0, 0, 0, 0.05f, 0.3f, 1, Float.MIN_VALUE};
    float[] penalties = {1, 1, 1.2f, 0.5f, 100};
    float[] ofGenerated = {0, 0, 0.3f, 2, -1.7f};
    int[] logProbs = {-1, -1, 0, 1, 5, Math.min(3, vocabulary), vocabulary};
    return new SequenceParameters(
        random.nextLong(),
        0,
        temperatures[random.nextInt(temperatures.length)],
        Math.max(0, topKs[random.nextInt(topKs.length)]),
        topPs[random.nextInt(topPs.length)],
        minPs[random.nextInt(minPs.length)],
        penalties[random.nextInt(penalties.length)],
        Math.min(vocabulary, logProbs[random.nextInt(logProbs.length)]),
        ofGenerated[random.nextInt(ofGenerated.length)],
        ofGenerated[random.nextInt(ofGenerated.length)],
        random.nextInt(POSITIONS),
        biases(vocabulary));
  }

  private Map<Integer, Float> biases(int vocabulary) {
    int[] counts = {0, 0, 0, 1, 2, 40, SequenceParameters.MOST_BIASES};
    Map<Integer, Float> biases = new HashMap<>();
    for (int i = counts[random.nextInt(counts.length)]; i > 0; i--) {
      biases.put(random.nextInt(vocabulary), random.nextInt(9) * 25f - 100 + random.nextFloat());
    }
    return biases;
  }

  private Samples.Result draw(Device device, Case... cases) {
    return enqueue(device, cases).await();
  }

  /** Each case is a lane of a sequence of its own, at the end of its history. */
  private Samples enqueue(Device device, Case... cases) {
    int n = cases.length;
    Sequences sequences = device.sequences(n, POSITIONS, 1);
    Sampled sampled = device.sampled(n);
    Lanes said = device.lanes(n * POSITIONS);
    Lanes lanes = device.lanes(n + 1);
    float[][] logits = new float[n][];
    for (int m = 0; m < n; m++) {
      sequences.open(m, cases[m].parameters);
      for (int p = 0; p < cases[m].history.length; p++) {
        said.add(m, m, p, 0, cases[m].history[p]);
      }
      lanes.add(m, m, cases[m].history.length - 1, 0, 0);
      logits[m] = cases[m].logits;
    }
    int vocabulary = logits[0].length;
    Weights embedding =
        device.weights(
            DType.F32,
            vocabulary,
            WIDTH,
            arena.allocate(ValueLayout.JAVA_FLOAT, (long) vocabulary * WIDTH));
    Buffer x = device.operand(said.size(), WIDTH);
    Ops.embed(device, said, embedding, 1, sampled, sequences, x);
    return Ops.sample(device, lanes, table(device, logits), sequences, sampled);
  }

  private Buffer table(Device device, float[][] rows) {
    MemorySegment data =
        arena.allocate(ValueLayout.JAVA_FLOAT, (long) rows.length * rows[0].length);
    for (int i = 0; i < rows.length; i++) {
      MemorySegment.copy(
          rows[i], 0, data, ValueLayout.JAVA_FLOAT, 4L * i * rows[0].length, rows[0].length);
    }
    return device.table(DType.F32, rows.length, rows[0].length, data);
  }

  private static void assertSame(Samples.Result seen, Samples.Result wanted, Case... cases) {
    for (int m = 0; m < cases.length; m++) {
      String what =
          "lane %d of %d logits, %s".formatted(m, cases[m].logits.length, cases[m].parameters);
      assertThat(seen.tokens()[m]).as(what).isEqualTo(wanted.tokens()[m]);
      assertThat(seen.logProbs()[m]).as(what).isEqualTo((Float) wanted.logProbs()[m]);
      assertThat(seen.topTokens()[m]).as(what).isEqualTo(wanted.topTokens()[m]);
      assertThat(seen.topLogProbs()[m]).as(what).isEqualTo(wanted.topLogProbs()[m]);
    }
  }
}
