package muninn.lab.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What couplings accept, against draws and against plain double sums. */
class CouplingTest {
  private final Random random = new Random(17);

  private double[] distribution(int tokens, double sharpness) {
    return normalised(
        random.doubles(tokens).map(u -> Math.exp(sharpness * Math.log(u + 1e-12))).toArray());
  }

  private static double[] normalised(double[] p) {
    double sum = Arrays.stream(p).sum();
    return Arrays.stream(p).map(v -> v / sum).toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 50, 301})
  void gumbelNoiseAcceptsWhatTheDoubleSumSays(int tokens) {
    for (double sharpness : new double[] {0.2, 3, 12}) {
      double[] p = distribution(tokens, sharpness);
      double[] q = distribution(tokens, sharpness);
      double sum = 0;
      for (int i = 0; i < tokens; i++) {
        double inner = 0;
        for (int j = 0; j < tokens; j++) {
          inner += Math.max(p[j] / p[i], q[j] / q[i]);
        }
        sum += 1 / inner;
      }
      assertThat(Coupling.gumbel(p, q)).isCloseTo(sum, within(1e-6));
    }
  }

  @Test
  void gumbelNoiseAcceptsWhatDrawsDo() {
    double[] p = distribution(9, 2);
    double[] q = distribution(9, 2);
    int same = 0;
    int draws = 200_000;
    for (int n = 0; n < draws; n++) {
      double[] noise = random.doubles(9).map(u -> -Math.log(-Math.log(u))).toArray();
      same += drawn(p, noise) == drawn(q, noise) ? 1 : 0;
    }
    assertThat(Coupling.gumbel(p, q)).isCloseTo((double) same / draws, within(0.005));
  }

  private static int drawn(double[] p, double[] noise) {
    return IntStream.range(0, p.length)
        .reduce(
            0, (best, i) -> Math.log(p[i]) + noise[i] > Math.log(p[best]) + noise[best] ? i : best);
  }

  @Test
  void onlyRejectionSamplingAcceptsMoreThanThePromise() {
    for (int n = 0; n < 500; n++) {
      int tokens = 2 + random.nextInt(40);
      double[] p = distribution(tokens, 1 + 9 * random.nextDouble());
      double[] q = distribution(tokens, 1 + 9 * random.nextDouble());
      double overlap = Coupling.overlap(p, q);
      double gumbel = Coupling.gumbel(p, q);
      assertThat(gumbel).isBetween(overlap / (2 - overlap) - 1e-6, overlap + 1e-6);
      assertThat(Coupling.byRank(p, q)).isBetween(0.0, overlap + 1e-9);
    }
  }

  @Test
  void twoTokensAreDrawnTogetherAsWellAsCanBe() {
    double[] p = {0.9, 0.1};
    double[] q = {0.6, 0.4};
    assertThat(Coupling.overlap(p, q)).isCloseTo(0.7, within(1e-12));
    assertThat(Coupling.gumbel(p, q)).isCloseTo(0.7, within(1e-6));
    assertThat(Coupling.byRank(p, q)).isCloseTo(0.7, within(1e-12));
  }

  @Test
  void equalOnesAlwaysAgreeAndDisjointOnesNever() {
    double[] p = distribution(30, 4);
    assertThat(Coupling.gumbel(p, p)).isCloseTo(1, within(1e-6));
    assertThat(Coupling.byRank(p, p)).isCloseTo(1, within(1e-9));
    double[] left = {0.5, 0.5, 0, 0};
    double[] right = {0, 0, 0.25, 0.75};
    assertThat(Coupling.overlap(left, right)).isZero();
    assertThat(Coupling.gumbel(left, right)).isZero();
    assertThat(Coupling.byRank(left, right)).isZero();
  }

  /** Where ranks change, a running sum puts other tokens under the same number; noise does not. */
  @Test
  void noiseOutdoesRanksWhereTheseChange() {
    double[] p = {0.26, 0.25, 0.25, 0.24};
    double[] q = {0.24, 0.25, 0.25, 0.26};
    assertThat(Coupling.byRank(p, q)).isLessThan(0.55);
    assertThat(Coupling.gumbel(p, q)).isGreaterThan(0.95);
  }
}
