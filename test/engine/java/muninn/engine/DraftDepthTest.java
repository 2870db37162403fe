package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which draft depth an engine finds out to be best. */
class DraftDepthTest {
  private static final int STEPS = 32;
  private static final int TOKEN = 42;
  private static final int OTHER = 43;

  private DraftDepth depths = new DraftDepth(0.5);

  /** A position whose guesses were right from this step on. */
  private void learn(int settled) {
    Lane lane = LaneTest.lane(0, STEPS);
    for (int step = 1; step < STEPS; step++) {
      lane.step();
      lane.guesses.put(step, step < settled ? OTHER : TOKEN);
    }
    lane.step();
    depths.learn(lane, TOKEN);
  }

  private int usual() {
    return depths.best(STEPS);
  }

  @Test
  void atFirstEveryPositionIsAskedAfterEveryStepToLearnFrom() {
    for (int i = 0; i < 7; i++) {
      learn(8);
      assertThat(depths.best(STEPS)).isEqualTo(1);
    }
    learn(8);
    assertThat(usual()).isEqualTo(8);
  }

  /**
   * With draft depth d a prediction that settles after s steps is taken up at the next multiple of
   * d; until then a pass of the coda is paid every d steps.
   */
  @ParameterizedTest(name = "coda {0}, settled after {1}: {2}, {3}")
  @CsvSource({
    "0.5, 1,  1,  the first guess is right",
    "0.5, 2,  2,  waiting for the second saves a pass",
    "0.5, 8,  8,  whoever guesses earlier pays for nothing",
    "0.5, 5,  2,  6 steps and 3 passes are less than 8 and 2, or than 5 and 5",
    "2.0, 5,  8,  but not where a pass costs two steps",
    "0.1, 5,  1,  nor where it costs next to nothing",
    "0.5, 31, 16, drafts are taken at powers of two"
  })
  void theBestDepthMakesTheWaitAndThePassesLeast(double coda, int settled, int best, String why) {
    depths = new DraftDepth(coda);
    for (int i = 0; i < 200; i++) {
      learn(settled);
    }
    assertThat(usual()).as(why).isEqualTo(best);
  }

  @Test
  void whatWasLongAgoIsForgotten() {
    for (int i = 0; i < 300; i++) {
      learn(16);
    }
    for (int i = 0; i < 900; i++) {
      learn(2);
    }
    assertThat(usual()).isEqualTo(2);
  }

  @Test
  void aDraftIsShallowerThanTheThoughtItIsFor() {
    for (int i = 0; i < 200; i++) {
      learn(16);
    }
    assertThat(depths.best(4)).isLessThan(4);
    assertThat(depths.best(1)).isEqualTo(1);
  }
}
