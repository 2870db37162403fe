package muninn.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

final class MathsTest {

  @Test
  void expIsWithinOneUnitOfTheLastPlace() {
    for (float x = -87f; x < 88.7f; x += 0.00137f) {
      double exact = Math.exp(x);
      assertThat((double) Maths.exp(x)).isCloseTo(exact, within(1.01 * Math.ulp((float) exact)));
    }
    assertThat(Maths.exp(0f)).isEqualTo(1f);
    assertThat(Maths.exp(-1000f)).isEqualTo(Maths.exp(-87f)).isLessThan(2e-38f);
    assertThat(Maths.exp(Float.NEGATIVE_INFINITY)).isEqualTo(Maths.exp(-87f));
    assertThat(Maths.exp(1000f)).isEqualTo(Maths.exp(88.7f)).isGreaterThan(3e38f);
    assertThat(Maths.exp(Float.NaN)).isNaN();
  }

  @Test
  void aVectorsExpIsTheScalarsToTheBit() {
    float[] x = new float[Linear.WIDTH];
    for (float from = -90f; from < 90f; from += 0.0373f * x.length) {
      for (int i = 0; i < x.length; i++) {
        x[i] = from + i * 0.0373f;
      }
      float[] e = Maths.exp(FloatVector.fromArray(Linear.FLOATS, x, 0)).toArray();
      for (int i = 0; i < x.length; i++) {
        assertThat(e[i]).as("e^%s", x[i]).isEqualTo(Maths.exp(x[i]));
      }
    }
  }

  @Test
  void logIsWithinTwoUnitsOfTheLastPlace() {
    for (double x = 1e-300; x < 1e300; x *= 1.0137) {
      assertThat(Maths.log(x)).isCloseTo(Math.log(x), within(2 * Math.ulp(Math.log(x))));
    }
    for (double x = 0.5; x < 2; x += 1.37e-5) {
      assertThat(Maths.log(x)).isCloseTo(Math.log(x), within(2 * Math.ulp(Math.log(x))));
    }
    assertThat(Maths.log(1 - 0x1p-24)).isCloseTo(Math.log1p(-0x1p-24), within(1e-22));
    assertThat(Maths.log(1)).isZero();
  }

  /** The known answers published with the Random123 library (Salmon et al. 2011). */
  @Test
  void philoxGivesThePublishedNumbers() {
    assertThat(block(0L, 0, 0, 0, 0))
        .containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    assertThat(block(-1L, -1, -1, -1, -1))
        .containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    assertThat(block(0x299f31d0_a4093822L, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344))
        .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
  }

  private static int[] block(long seed, int c0, int c1, int c2, int c3) {
    int[] words = new int[4];
    for (int i = 0; i < 4; i++) {
      words[i] = Philox.word(seed, c0, c1, c2, c3, i);
    }
    return words;
  }

  @Test
  void theNormalQuantileIsRightToSevenDigits() {
    assertThat(Philox.normalQuantile(0.5)).isZero();
    assertThat(Philox.normalQuantile(0.975)).isCloseTo(1.959963985, within(1e-6));
    assertThat(Philox.normalQuantile(0.1)).isCloseTo(-1.281551566, within(1e-6));
    assertThat(Philox.normalQuantile(0.00135)).isCloseTo(-2.999976993, within(1e-6));
  }

  @Test
  void noNoiseIsInfinite() {
    float largest = -Float.MAX_VALUE;
    for (int i = 0; i < 1_000_000; i++) {
      float g = Philox.gumbel(3, 1, i);
      assertThat(g).isFinite();
      largest = Math.max(largest, g);
    }
    assertThat(largest).isBetween(10f, Philox.LARGEST_GUMBEL);
  }
}
