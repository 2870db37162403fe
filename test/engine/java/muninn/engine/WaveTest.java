package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The lanes of one sequence: in order, without gaps, and gone only from the front or by squashing.
 */
class WaveTest {
  private final Wave wave = new Wave();

  private Lane open(int steps, int budget) {
    Lane lane = new Lane(0, wave.next(), Lane.Kind.NEW, 10 + wave.next(), 42, budget, null);
    wave.add(lane);
    for (int i = 0; i < steps; i++) {
      lane.step();
    }
    return lane;
  }

  @Test
  void onlyLanesWithNobodyThinkingBeforeThemLeave() {
    Lane first = open(4, 4);
    Lane second = open(4, 4);
    open(3, 4);
    open(4, 4);
    assertThat(wave.leavers()).containsExactly(first, second);
    assertThatThrownBy(() -> wave.leave(second)).isInstanceOf(IllegalStateException.class);
    wave.leave(first);
    wave.leave(second);
    assertThat(wave.leavers()).isEmpty();
    assertThat(wave.lanes()).hasSize(2);
  }

  @Test
  void lanesKnowTheirNeighboursEvenAfterTheyHaveLeft() {
    Lane first = open(4, 4);
    Lane second = open(1, 4);
    Lane third = open(1, 4);
    assertThat(wave.after(first)).isSameAs(second);
    assertThat(wave.before(third)).containsExactly(first, second);
    wave.leave(first);
    assertThat(wave.after(first)).isSameAs(second);
    assertThat(wave.after(third)).isNull();
    assertThat(wave.before(second)).isEmpty();
  }

  @Test
  void aSquashedWaveOpensItsNextPositionAnew() {
    Lane first = open(2, 4);
    Lane second = open(1, 4);
    Lane third = open(1, 4);
    wave.guess(9);
    assertThat(wave.squashAfter(first)).containsExactly(second, third);
    assertThat(List.of(second.state(), third.state())).containsOnly(Lane.State.SQUASHED);
    assertThat(wave.lanes()).containsExactly(first);
    assertThat(wave.next()).isEqualTo(1);
    assertThat(wave.hasGuess()).isFalse();
    wave.inherit(second.row, 8);
    assertThat(wave.inheritedToken()).isEqualTo(8);
    assertThat(wave.takeInheritedRow()).isEqualTo(second.row);
    assertThat(wave.inherits()).isFalse();
  }

  @Test
  void aLaneLeavesItsRowOnceAndWithTheTokenSampledThere() {
    Lane first = open(4, 4);
    wave.leave(first);
    wave.guess(9);
    wave.leaveRow(first, Lane.SAMPLED);
    assertThat(wave.inheritedToken()).isEqualTo(Lane.SAMPLED);
    assertThat(wave.hasGuess()).as("the guess, now that the token is known").isFalse();
    assertThatThrownBy(() -> wave.inherit(3, 4)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void positionsHaveNoGaps() {
    open(1, 4);
    Lane late = new Lane(0, 2, Lane.Kind.NEW, 1, 42, 4, null);
    assertThatThrownBy(() -> wave.add(late)).isInstanceOf(IllegalStateException.class);
  }
}
