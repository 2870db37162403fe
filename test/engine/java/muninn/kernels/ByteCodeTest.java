package muninn.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A row as bytes with a scale. */
class ByteCodeTest {
  private static float[] decoded(ByteCode code, float... row) {
    byte[] codes = new byte[row.length];
    float scale = code.encode(row, 0, row.length, codes);
    float[] numbers = new float[row.length];
    for (int i = 0; i < row.length; i++) {
      numbers[i] = code.decode(codes[i]) * scale + 0f; // zeros without a sign
    }
    return numbers;
  }

  @ParameterizedTest
  @EnumSource
  void everyNumberOfACodeComesBack(ByteCode code) {
    float greatest = code == ByteCode.INT8 ? 127 : 448;
    for (int c = -128; c < 128; c++) {
      float number = code.decode((byte) c);
      if (Math.abs(number) <= greatest) {
        assertThat(decoded(code, greatest, number)).containsExactly(greatest, number + 0f);
      }
    }
  }

  @Test
  void fp8IsE4m3AsItIsPublished() {
    // OCP 8-bit floating point, table 2: least subnormal, greatest subnormal, least normal,
    // greatest
    int[] codes = {0x01, 0x07, 0x08, 0x38, 0x7E, 0xFE};
    float[] numbers = {0x1p-9f, 0x7p-9f, 0x1p-6f, 1, 448, -448};
    for (int i = 0; i < codes.length; i++) {
      assertThat(ByteCode.E4M3.decode((byte) codes[i])).isEqualTo(numbers[i]);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anElementIsTheNearestOfAllThatItsCodeCanSay(ByteCode code) {
    Random random = new Random(3);
    for (int n : new int[] {1, 2, 7, 64, 96}) {
      float[] row = new float[n];
      for (int i = 0; i < n; i++) {
        row[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(7) - 3));
      }
      float[] wanted = Kept.as(new Format.Scaled(code), row, n);
      for (int i = 0; i < n; i++) {
        assertThat(decoded(code, row)[i]).isEqualTo(wanted[i] + 0f);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTieGoesToTheEvenCode(ByteCode code) {
    float greatest = code == ByteCode.INT8 ? 127 : 448;
    float[] ties = {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 17, 19, 0x1p-10f, 0x3p-10f, 0x5p-10f};
    for (float tie : ties) {
      assertThat(decoded(code, greatest, tie)[1])
          .as("%s", tie)
          .isEqualTo(Kept.nearest(code, tie) + 0f);
    }
  }

  @ParameterizedTest
  @EnumSource
  void zerosStayZerosAndSmallRowsKeepTheirPrecision(ByteCode code) {
    assertThat(decoded(code, 0, -0f, 0)).containsOnly(0f);
    assertThat(decoded(code, 1e-38f, 1e-40f)).containsOnly(0f);
    float[] small = {3e-20f, -1.5e-20f};
    float[] found = decoded(code, small);
    assertThat(Math.abs(found[1] / small[1] - 1)).isLessThan(0.04f);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsNoNumberStaysNone(ByteCode code) {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      float[] found = decoded(code, 1, bad, 2);
      assertThat(Float.isFinite(found[1])).isFalse();
    }
  }
}
