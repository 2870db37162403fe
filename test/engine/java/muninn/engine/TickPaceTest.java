package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** How long a pass of so many lanes is taken to be. */
class TickPaceTest {
  private final TickPace pace = new TickPace(0.5, 0.5);

  private void ticks(int count, int lanes, long nanos) {
    for (int i = 0; i < count; i++) {
      pace.took(new TickPace.Work(0, lanes, 0), nanos);
    }
  }

  @Test
  void ticksThatWereSlowOnceDoNotCount() {
    for (int i = 0; i < 32; i++) { // a prompt while code is compiled
      ticks(1, 8, 1000 - 25 * i);
    }
    ticks(3, 1, 100);
    ticks(1, 1, 5000);
    assertThat(pace.pass(8)).isCloseTo(225, within(1.0));
    assertThat(pace.pass(1)).isCloseTo(100, within(1.0));
  }

  @Test
  void moreLanesTakeAtMostAsMuchLongerAsTheyAreMore() {
    ticks(20, 8, 5000);
    ticks(20, 1, 100);
    ticks(20, 2, 110);
    assertThat(pace.pass(4)).isLessThanOrEqualTo(220);
    assertThat(pace.pass(7)).isLessThanOrEqualTo(385);
  }

  @Test
  void whatLastsIsLearnt() {
    ticks(20, 1, 100);
    ticks(20, 2, 110);
    ticks(17, 1, 300);
    assertThat(pace.pass(1)).isCloseTo(300, within(1.0));
  }

  @Test
  void whatWasNeverSeenGoesOnAsTheCurveDoes() {
    assertThat(pace.pass(3)).isEqualTo(1);
    ticks(1, 2, 200);
    assertThat(pace.pass(16)).isEqualTo(200);
    ticks(1, 4, 300);
    assertThat(pace.pass(8)).isCloseTo(500, within(1.0));
    assertThat(pace.pass(1)).isCloseTo(150, within(1.0));
  }
}
