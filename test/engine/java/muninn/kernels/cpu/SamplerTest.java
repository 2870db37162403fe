package muninn.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.Samples;
import muninn.kernels.SequenceParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Draws against the distribution that the parameters ask for. */
final class SamplerTest {
  private static final int DRAWS = 20_000;
  // probabilities 0.4 0.3 0.15 0.1 0.04 0.01 at temperature 1, in an order that is not sorted
  private static final float[] LOGITS = logs(0.04, 0.3, 0.01, 0.4, 0.1, 0.15);

  private final CpuDevice device = new CpuDevice(2);

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void zeroTemperatureTakesTheLargestAndTheFirstAmongEquals() {
    assertThat(draw(LOGITS, 0, 0, 1, 0, 5, 1)).isEqualTo(3);
    assertThat(draw(new float[] {1, 2, 2, 0}, 0, 0, 1, 0, 5, 1)).isEqualTo(1);
  }

  @Test
  void drawsFollowTheSoftmax() {
    assertFrequencies(frequencies(1, 0, 1, 0), 0.04, 0.3, 0.01, 0.4, 0.1, 0.15);
  }

  @Test
  void temperatureSharpensOrFlattens() {
    // squares of the probabilities, normalised
    assertFrequencies(
        frequencies(0.5f, 0, 1, 0),
        0.0016 / 0.2842,
        0.09 / 0.2842,
        0.0001 / 0.2842,
        0.16 / 0.2842,
        0.01 / 0.2842,
        0.0225 / 0.2842);
  }

  @Test
  void aTemperatureNearZeroIsGreedy() {
    for (float temperature : new float[] {1e-6f, 1e-38f, Float.MIN_VALUE}) {
      assertThat(draw(new float[] {1, 3, 2}, temperature, 0, 1, 0, 5, 1)).isEqualTo(1);
      assertThat(draw(new float[] {-2, -1, -3}, temperature, 0, 1, 0, 5, 1)).isEqualTo(1);
      assertThat(draw(new float[] {1, 3, 2}, temperature, 2, 0.9f, 0.1f, 5, 1)).isEqualTo(1);
    }
  }

  @Test
  void logitsThatAreNotNumbersDrawNothing() {
    float nan = Float.NaN;
    for (float temperature : new float[] {0, 1}) {
      assertThat(draw(new float[] {nan, nan}, temperature, 0, 1, 0, 5, 1)).isEqualTo(-1);
    }
  }

  @Test
  void oneLogitThatIsNotANumberIsEnoughToDrawNothing() {
    for (float broken : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      for (float temperature : new float[] {0, 1}) {
        assertThat(draw(new float[] {2, 1, broken}, temperature, 2, 0.5f, 0.5f, 5, 1))
            .isEqualTo(-1);
      }
    }
    float never = Float.NEGATIVE_INFINITY;
    assertThat(draw(new float[] {never, 2, never}, 1, 0, 1, 0, 5, 1)).isEqualTo(1);
  }

  @Test
  void topKKeepsTheLargest() {
    assertFrequencies(frequencies(1, 2, 1, 0), 0, 3 / 7d, 0, 4 / 7d, 0, 0);
  }

  @Test
  void topPKeepsTheFewestThatReachTheShare() {
    assertFrequencies(frequencies(1, 0, 0.7f, 0), 0, 3 / 7d, 0, 4 / 7d, 0, 0);
    assertFrequencies(frequencies(1, 0, 0.71f, 0), 0, 0.3 / 0.85, 0, 0.4 / 0.85, 0, 0.15 / 0.85);
    assertFrequencies(frequencies(1, 0, 1e-9f, 0), 0, 0, 0, 1, 0, 0);
  }

  @Test
  void topPCountsWhatTopKLeft() {
    // of 0.4 and 0.3, the first alone is 0.571
    assertFrequencies(frequencies(1, 2, 0.5f, 0), 0, 0, 0, 1, 0, 0);
  }

  @Test
  void minPDropsWhatIsFarBelowTheMostProbable() {
    assertFrequencies(frequencies(1, 0, 1, 0.3f), 0, 0.3 / 0.85, 0, 0.4 / 0.85, 0, 0.15 / 0.85);
  }

  @Test
  void aFilterThatKeepsTheWinnerChangesNothing() {
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      float[] logits = new float[500];
      for (int t = 0; t < logits.length; t++) {
        logits[t] = (float) random.nextGaussian() * 3;
      }
      int free = draw(logits, 1, 0, 1, 0, i, 9);
      float winner = logits[free];
      int rank = (int) IntStream.range(0, 500).filter(t -> logits[t] >= winner).count();
      assertThat(draw(logits, 1, rank, 1, 0, i, 9)).isEqualTo(free);
    }
  }

  @Test
  void theDrawIsTheBruteForceArgMaxOfLogitPlusGumbel() {
    Random random = new Random(2);
    for (int position = 0; position < 300; position++) {
      float[] logits = new float[700];
      int best = 0;
      float bestScore = Float.NEGATIVE_INFINITY;
      for (int t = 0; t < logits.length; t++) {
        logits[t] = (float) random.nextGaussian() * 8;
        float score = logits[t] / 0.8f + Philox.gumbel(77, position, t);
        if (score > bestScore) {
          bestScore = score;
          best = t;
        }
      }
      assertThat(draw(logits, 0.8f, 0, 1, 0, position, 77)).isEqualTo(best);
    }
  }

  @Test
  void repetitionPenaltyShrinksPositiveAndStretchesNegativeLogitsOnceEach() {
    CpuSequences sequences = new CpuSequences(1, 8, 1);
    sequences.open(0, new SequenceParameters(1, 0, 0, 0, 1, 0, 1.5f, -1));
    sequences.history[0][0] = 1;
    sequences.history[0][1] = 1;
    sequences.history[0][2] = 2;
    // 3/1.5 = 2 beats 1.9; −1 · 1.5 = −1.5 loses to −1.2; token 3 at position 5 is not said yet
    sequences.history[0][5] = 0;
    assertThat(greedy(sequences, new float[] {1.9f, 3f, 0, 0})).isEqualTo(1);
    assertThat(greedy(sequences, new float[] {2.1f, 3f, 0, 0})).isEqualTo(0);
    assertThat(greedy(sequences, new float[] {-1.2f, -1f, -9, -9})).isEqualTo(0);
  }

  @Test
  void whatWasGeneratedLosesOnceForItsPresenceAndOnceForEachTime() {
    CpuSequences sequences = new CpuSequences(1, 8, 1);
    sequences.history[0][0] = 0; // of the prompt, which counts for nothing
    sequences.history[0][1] = 1;
    sequences.history[0][2] = 1;
    sequences.open(0, new SequenceParameters(1, 0, 0, 0, 1, 0, 1, -1, 0.5f, 1, 1, Map.of()));
    // token 1 loses 0.5 + 2 · 1
    assertThat(greedy(sequences, new float[] {2, 4.6f, -9, -9})).isEqualTo(1);
    assertThat(greedy(sequences, new float[] {2, 4.4f, -9, -9})).isEqualTo(0);
    // a penalty below zero makes it more probable
    sequences.open(0, new SequenceParameters(1, 0, 0, 0, 1, 0, 1, -1, 0, -1, 1, Map.of()));
    assertThat(greedy(sequences, new float[] {2, 0.1f, -9, -9})).isEqualTo(1);
    // after the repetition penalty: 4 / 2 − 1 loses to 1.5
    sequences.open(0, new SequenceParameters(1, 0, 0, 0, 1, 0, 2, -1, 1, 0, 1, Map.of()));
    assertThat(greedy(sequences, new float[] {-9, 4, 1.5f, -9})).isEqualTo(2);
  }

  @Test
  void biasesAreAddedBeforePenalties() {
    CpuSequences sequences = new CpuSequences(1, 8, 1);
    sequences.history[0][2] = 1;
    Map<Integer, Float> biases = Map.of(1, 2f, 3, -100f);
    sequences.open(0, new SequenceParameters(1, 0, 0, 0, 1, 0, 2, -1, 0, 0, 0, biases));
    // token 1: (1 + 2) / 2 = 1.5, not 1 / 2 + 2; token 3 never
    assertThat(greedy(sequences, new float[] {-9, 1, 1.4f, 90})).isEqualTo(1);
    assertThat(greedy(sequences, new float[] {-9, 1, 1.6f, 90})).isEqualTo(2);
    // (−3 + 2) · 2 = −2
    assertThat(greedy(sequences, new float[] {-9, -3, -2.1f, 90})).isEqualTo(1);
    assertThat(greedy(sequences, new float[] {-9, -3, -1.9f, 90})).isEqualTo(2);
  }

  private int greedy(CpuSequences sequences, float[] logits) {
    Lanes lane = device.lanes(1);
    lane.add(0, 0, 2, 0, 0);
    return Ops.sample(device, lane, new CpuBuffer(logits, 1, 4), sequences, device.sampled(1))
        .await()
        .tokens()[0];
  }

  @Test
  void logProbabilitiesAreOfTheUntouchedDistribution() {
    CpuSequences sequences = new CpuSequences(2, 8, 1);
    sequences.open(0, new SequenceParameters(1, 0, 0.2f, 1, 1, 0, 1, 3));
    sequences.open(1, new SequenceParameters(1, 0, 0, 0, 1, 0, 1, -1));
    Lanes lanes = device.lanes(2);
    lanes.add(0, 0, 0, 0, 0);
    lanes.add(1, 1, 0, 0, 0);
    float[] twice = new float[12];
    System.arraycopy(LOGITS, 0, twice, 0, 6);
    System.arraycopy(LOGITS, 0, twice, 6, 6);
    Samples.Result result =
        Ops.sample(device, lanes, new CpuBuffer(twice, 2, 6), sequences, device.sampled(2)).await();
    assertThat(result.tokens()).containsExactly(3, 3);
    assertThat((double) result.logProbs()[0]).isCloseTo(Math.log(0.4), within(1e-6));
    assertThat(result.topTokens()[0]).containsExactly(3, 1, 5);
    assertThat((double) result.topLogProbs()[0][2]).isCloseTo(Math.log(0.15), within(1e-6));
    assertThat(result.logProbs()[1]).isNaN();
    assertThat(result.topTokens()[1]).isEmpty();
  }

  @Test
  void aLogProbabilityIsANumberEvenWhereTheProbabilityIsNone() {
    CpuSequences sequences = new CpuSequences(1, 8, 1);
    sequences.open(0, new SequenceParameters(1, 0, 0, 0, 1, 0, 1, 4));
    Lanes lanes = device.lanes(1);
    lanes.add(0, 0, 0, 0, 0);
    float[] logits = {Float.NEGATIVE_INFINITY, 0, -3e38f, -9998};
    Samples.Result result =
        Ops.sample(device, lanes, new CpuBuffer(logits, 1, 4), sequences, device.sampled(1))
            .await();
    assertThat(result.topTokens()[0]).containsExactly(1, 3, 2, 0);
    assertThat(result.topLogProbs()[0]).containsExactly(0, -9998, -9999, -9999);
  }

  private double[] frequencies(float temperature, int topK, float topP, float minP) {
    int[] seen = new int[LOGITS.length];
    for (int position = 0; position < DRAWS; position++) {
      seen[draw(LOGITS, temperature, topK, topP, minP, position, 5)]++;
    }
    return IntStream.of(seen).mapToDouble(count -> (double) count / DRAWS).toArray();
  }

  /** Within five standard errors; what has probability 0 must never be drawn. */
  private static void assertFrequencies(double[] seen, double... wanted) {
    for (int t = 0; t < wanted.length; t++) {
      double error = Math.sqrt(wanted[t] * (1 - wanted[t]) / DRAWS);
      assertThat(seen[t]).as("token %d", t).isCloseTo(wanted[t], within(5 * error));
    }
  }

  private int draw(
      float[] logits,
      float temperature,
      int topK,
      float topP,
      float minP,
      int position,
      long seed) {
    CpuSequences sequences = new CpuSequences(1, position + 1, 1);
    sequences.open(0, new SequenceParameters(seed, 0, temperature, topK, topP, minP, 1, -1));
    Lanes lane = device.lanes(1);
    lane.add(0, 0, position, 0, 0);
    return Ops.sample(
            device, lane, new CpuBuffer(logits, 1, logits.length), sequences, device.sampled(1))
        .await()
        .tokens()[0];
  }

  private static float[] logs(double... probabilities) {
    float[] logs = new float[probabilities.length];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = (float) Math.log(probabilities[i]) + 2f;
    }
    return logs;
  }
}
