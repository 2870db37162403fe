package muninn.lab.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntFunction;
import muninn.lab.trace.Motion.Kind;
import org.junit.jupiter.api.Test;

/** Ways that are known are called what they are. */
class MotionTest {
  private static final int STEPS = 64;

  private static Motion of(int steps, IntFunction<float[]> way) {
    float[][] states = new float[steps + 1][];
    for (int j = 0; j <= steps; j++) {
      states[j] = way.apply(j);
    }
    return Motion.of(states);
  }

  private static float[] at(double x, double y, double z) {
    return new float[] {(float) x, (float) y, (float) z};
  }

  @Test
  void aContractionEndsInAFixedPoint() {
    Motion motion = of(STEPS, j -> at(1 + Math.pow(0.7, j), 2, 3));
    assertThat(motion.kind()).isEqualTo(Kind.FIXED_POINT);
    assertThat(motion.period()).isEmpty();
  }

  @Test
  void aWayThatComesBackIsAnOrbitOfThatPeriod() {
    Motion motion =
        of(STEPS, j -> at(Math.cos(2 * Math.PI * j / 7), Math.sin(2 * Math.PI * j / 7), 3));
    assertThat(motion.kind()).isEqualTo(Kind.ORBIT);
    assertThat(motion.period()).hasValue(7);
    assertThat(of(STEPS, j -> at(j % 2, 1, 1)).period()).hasValue(2);
  }

  @Test
  void aWayThatGoesOnIsASlider() {
    Motion motion = of(STEPS, j -> at(j / 10.0, 1, 1 + 0.01 * Math.sin(j)));
    assertThat(motion.kind()).isEqualTo(Kind.SLIDER);
    assertThat(motion.straightness()).isGreaterThan(0.9);
  }

  @Test
  void aWayThatSlowsDownIsSettlingWhetherStraightOrRound() {
    assertThat(of(STEPS, j -> at(2 + Math.pow(0.95, j), 0, 0)).kind()).isEqualTo(Kind.SETTLING);
    assertThat(of(STEPS, j -> at(2 + Math.pow(-0.95, j), 0, 0)).kind()).isEqualTo(Kind.SETTLING);
  }

  @Test
  void fewStepsTellNothing() {
    assertThat(of(7, j -> at(j, 0, 0)).kind()).isEqualTo(Kind.TOO_SHORT);
  }

  @Test
  void divergenceIsZeroOfTheSameAndItsDefinitionOtherwise() {
    Distribution p = Distribution.of(new float[] {0, (float) Math.log(3)});
    Distribution q = Distribution.of(new float[] {0, 0});
    assertThat(p.divergence(p)).isZero();
    assertThat(p.divergence(q))
        .isCloseTo(
            0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), org.assertj.core.data.Offset.offset(1e-7));
    assertThat(p.mostProbable()).isEqualTo(1);
  }
}
