package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an engine learns of draft depths from what lanes guessed. */
class DraftDepthTest {
  private static final int STEPS = 32;
  private static final int TOKEN = 42;
  private static final int OTHER = 43;

  private final DraftDepth depths = new DraftDepth();

  /** Positions that are asked after some of their steps. */
  private void learn(int positions, IntPredicate asked, IntUnaryOperator guess, int patience) {
    for (int i = 0; i < positions; i++) {
      Lane lane = LaneTest.lane(0, STEPS);
      for (int step = 1; step < STEPS; step++) {
        lane.step();
        if (asked.test(step)) {
          lane.guesses.put(step, guess.applyAsInt(step));
        }
      }
      lane.step();
      depths.learn(lane, TOKEN, patience);
    }
  }

  /** Guesses were right from this step on, after every step. */
  private void settles(int positions, int after) {
    learn(positions, step -> true, step -> step < after ? OTHER : TOKEN, 0);
  }

  private DraftDepth.Course course(int depth) {
    return depths.courses(STEPS)[Integer.numberOfTrailingZeros(depth)];
  }

  @Test
  void nothingSeenAllDepthsAreAsGoodAsTheyCanBe() {
    assertThat(course(1).until()).isEqualTo(2);
    assertThat(course(2).until()).isEqualTo(2);
    assertThat(course(8).until()).isEqualTo(8);
    assertThat(course(16).wasted()).isZero();
  }

  @ParameterizedTest(name = "right from step {0} on: depth {1} knows after {2}, and wastes {3}")
  @CsvSource({
    "5,  1,  5, 5.6, four steps, and what opened in them on wrong ones",
    "5,  2,  6, 5.3, from the second step to the sixth",
    "5,  4,  8, 5.0, from the fourth to the eighth",
    "5,  8,  8, 0,   the first guess is right",
    "1,  1,  1, 0,   so it is here",
    "32, 8, 32, 33,  where none ever is all else is in vain",
  })
  void eachDepthTakesWhatItsQuestionsFind(
      int settled, int depth, int until, double wasted, String why) {
    settles(100, settled);
    assertThat(course(depth).until()).as(why).isCloseTo(until, within(0.5));
    assertThat(course(depth).wasted()).as(why).isCloseTo(wasted, within(0.5));
  }

  @Test
  void oneUnsettledPositionIsHeardAtOnce() {
    settles(1, STEPS);
    assertThat(course(8).until()).isGreaterThan(20);
    settles(1, STEPS);
    assertThat(course(8).until()).isGreaterThan(26);
  }

  @Test
  void questionsThatWereNotAskedAreNotHeldAgainstADepth() {
    learn(100, step -> Integer.bitCount(step) == 1, step -> TOKEN, 2);
    assertThat(course(1).until()).isLessThan(1.1);
    assertThat(course(16).until()).isLessThan(16.1);
  }

  @Test
  void whatIsBuiltOnAGuessOutlivesAsManyLostQuestionsAsThereIsPatience() {
    IntUnaryOperator loses = step -> step == 4 || step == 6 ? OTHER : TOKEN;
    learn(100, step -> step % 2 == 0, loses, 2);
    assertThat(course(2).until()).as("two of two").isCloseTo(2, within(0.1));
    learn(200, step -> step % 2 == 0, loses, 1);
    assertThat(course(2).until()).as("two of one").isCloseTo(8, within(0.1));
  }

  @Test
  void whoeverAsksTwiceAsOftenHearsAtMostSoMuchEarlierAndNoLater() {
    learn(100, step -> step % 8 == 0, step -> step < 16 ? OTHER : TOKEN, 0);
    assertThat(course(8).until()).isCloseTo(16, within(0.3));
    assertThat(course(4).until()).isCloseTo(12, within(0.3));
    settles(3, STEPS);
    learn(100, step -> step % 8 == 0, step -> TOKEN, 0);
    assertThat(course(1).until()).as("long unheard of").isLessThanOrEqualTo(course(8).until());
  }

  @Test
  void whatWasLongAgoIsForgotten() {
    settles(300, 16);
    settles(100, 2);
    assertThat(course(2).until()).isCloseTo(2, within(0.2));
  }

  @Test
  void aDraftIsShallowerThanTheThoughtItIsFor() {
    settles(200, 16);
    assertThat(depths.courses(4)).hasSize(2);
    assertThat(depths.courses(4)[1].until()).isLessThanOrEqualTo(4);
    assertThat(depths.courses(2)).hasSize(1);
  }
}
