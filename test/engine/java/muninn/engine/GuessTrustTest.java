package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is made of what lanes guessed. */
class GuessTrustTest {
  private static final int RIGHT = 1;
  private static final int WRONG = 2;

  private final GuessTrust trust = new GuessTrust();

  /** A lane that was asked after each step. */
  private static Lane lane(int... guesses) {
    Lane lane = LaneTest.lane(0, 32);
    for (int guess : guesses) {
      lane.guesses.put(lane.guesses.size() + 1, guess);
    }
    return lane;
  }

  private void learn(int count, int... guesses) {
    for (int i = 0; i < count; i++) {
      trust.learn(lane(guesses), RIGHT);
    }
  }

  @Test
  void aGuessIsTriedBeforeAnythingIsKnown() {
    assertThat(trust.of(lane(), RIGHT)).isEqualTo(1);
    assertThat(trust.of(lane(3), Lane.SAMPLED)).as("drawn, and final").isEqualTo(1);
    assertThat(trust.of(lane(3), 3)).isGreaterThan(0.5);
    assertThat(trust.of(lane(3, 4), 4)).isGreaterThan(trust.of(lane(3, 4), 3));
  }

  @Test
  void itIsBelievedAsOftenAsItWasRightAfterSoManySteps() {
    learn(100, WRONG, RIGHT, RIGHT, RIGHT);
    assertThat(trust.of(lane(7), 7)).isLessThan(0.05);
    assertThat(trust.of(lane(7, 8), 8)).isGreaterThan(0.95);
    assertThat(trust.of(lane(7, 8), 7)).as("it never came back").isLessThan(0.05);
  }

  @Test
  void whatComesBackIsBelievedMoreThanTheNewest() {
    learn(100, RIGHT, RIGHT, WRONG, RIGHT);
    assertThat(trust.of(lane(7, 7, 8), 7)).isGreaterThan(0.95);
    assertThat(trust.of(lane(7, 7, 8), 8)).isLessThan(0.05);
  }

  @Test
  void whatWasLongAgoIsForgotten() {
    learn(200, WRONG, WRONG, RIGHT);
    learn(200, RIGHT, RIGHT, RIGHT);
    assertThat(trust.of(lane(7), 7)).isGreaterThan(0.9);
  }
}
