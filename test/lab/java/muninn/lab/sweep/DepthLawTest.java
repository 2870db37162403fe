package muninn.lab.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.IntStream;
import muninn.lab.sweep.DepthLaw.Depths;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The law of settling on shares that are known, and the depths that follow from it. */
class DepthLawTest {

  private static double[] shares(double alpha, double beta, int steps) {
    return IntStream.rangeClosed(1, steps)
        .mapToDouble(r -> r == steps ? 0 : Math.min(1, beta * Math.pow(r, -alpha)))
        .toArray();
  }

  @ParameterizedTest
  @CsvSource({"1.03, 0.175, 32", "1.08, 0.207, 32", "0.5, 0.9, 16", "2, 0.4, 8", "0, 0.3, 4"})
  void aLawIsFoundInItsOwnShares(double alpha, double beta, int steps) {
    DepthLaw law = DepthLaw.fit(shares(alpha, beta, steps)).orElseThrow();
    assertThat(law.alpha()).isCloseTo(alpha, within(1e-9));
    assertThat(law.beta()).isCloseTo(beta, within(1e-9));
  }

  @Test
  void itIsFoundInCountsToo() {
    Random random = new Random(3);
    double[] wanted = shares(1, 0.2, 32);
    double[] counted = new double[32];
    for (int r = 0; r < 32; r++) {
      for (int i = 0; i < 2000; i++) {
        counted[r] += random.nextDouble() < wanted[r] ? 1 / 2000.0 : 0;
      }
    }
    DepthLaw law = DepthLaw.fit(counted).orElseThrow();
    assertThat(law.alpha()).isCloseTo(1, within(0.1));
    assertThat(law.beta()).isCloseTo(0.2, within(0.02));
  }

  @Test
  void nothingIsLearntWhereFewerThanTwoDepthsDiffer() {
    assertThat(DepthLaw.fit(new double[] {})).isEmpty();
    assertThat(DepthLaw.fit(new double[] {0})).isEmpty();
    assertThat(DepthLaw.fit(new double[] {0.3, 0, 0, 0})).isEmpty();
    assertThat(DepthLaw.fit(new double[] {0, 0, 0, 0, 0, 0, 0, 0})).isEmpty();
  }

  @Test
  void predictionsThatGetWorseWithDepthHaveNoSlope() {
    DepthLaw law = DepthLaw.fit(new double[] {0.1, 0.2, 0.3, 0.4, 0.5, 0}).orElseThrow();
    assertThat(law.alpha()).isZero();
    assertThat(law.apart(1)).isEqualTo(law.apart(100));
  }

  /** What LoopSpec found best of its measured laws, whose closed form gives (1.26, 8.85). */
  @Test
  void thePublishedLawsGiveDepthsLikeThePublishedOnes() {
    Depths free = new DepthLaw(1.03, 0.175).propose(32, 0);
    assertThat(free.first()).isEqualTo(1);
    assertThat(free.second()).isBetween(5, 9);
    // Passes of prelude, coda and head that cost a step together make the first one deeper.
    Depths paid = new DepthLaw(1.03, 0.175).propose(32, 1);
    assertThat(paid.first()).isEqualTo(2);
    assertThat(paid.second()).isBetween(6, 10);
  }

  @Test
  void theSecondIsAMultipleOfTheFirstAndDearPassesMakeBothDeeper() {
    DepthLaw law = new DepthLaw(0.8, 0.6);
    int before = 0;
    for (double cost : new double[] {0, 0.5, 2, 8}) {
      for (int steps = 2; steps <= 33; steps++) {
        Depths depths = law.propose(steps, cost);
        assertThat(depths.second() % depths.first()).isZero();
        assertThat(depths.second()).isLessThan(steps);
      }
      Depths deep = law.propose(32, cost);
      assertThat(deep.first()).isGreaterThanOrEqualTo(before);
      before = deep.first();
    }
    assertThat(before).isGreaterThan(1);
  }

  /** Shares that end at once have no law, and need none. */
  @Test
  void measuredSharesGiveDepthsToo() {
    double[] apart = {0.47, 0.16, 0.01, 0, 0, 0, 0, 0};
    assertThat(Depths.best(r -> apart[r - 1], 8, 0)).isEqualTo(new Depths(1, 3));
    assertThat(Depths.best(r -> apart[r - 1], 8, 2)).isEqualTo(new Depths(2, 4));
    assertThat(Depths.best(r -> apart[r - 1], 8, 20)).isEqualTo(new Depths(3, 6));
    assertThat(Depths.best(_ -> 0, 8, 0)).isEqualTo(new Depths(1, 1));
    assertThat(Depths.best(_ -> 1, 2, 1)).isEqualTo(new Depths(1, 1));
  }

  @Test
  void aCostIsWhatAWalkOverManyTokensTakes() {
    DepthLaw law = new DepthLaw(0.7, 0.5);
    Depths depths = new Depths(2, 6);
    Random random = new Random(5);
    double ticks = 0;
    int tokens = 200_000;
    for (int i = 0; i < tokens; i++) {
      double u = random.nextDouble(); // a token settles once, as early as its luck allows
      int opens = u >= law.apart(2) ? 2 : u >= law.apart(6) ? 6 : 12;
      int passes = opens / 2;
      ticks += opens + 1.5 * passes;
    }
    assertThat(depths.cost(law::apart, 12, 1.5)).isCloseTo(ticks / tokens, within(0.05));
  }
}
