package muninn.kernels;

/**
 * Eight-bit floating point of four bits of exponent and three of mantissa (Micikevicius et al.
 * 2022, "FP8 Formats for Deep Learning", e4m3): up to ±448, no infinities, two codes that are no
 * number.
 */
public final class Fp8 {
  /** The largest. */
  public static final float MOST = 448;

  private static final int NAN = 0x7F;
  private static final int MANTISSA = 3;
  private static final int LEAST_EXPONENT = -6;
  private static final float[] NUMBERS = new float[256];

  static {
    for (int code = 0; code < NUMBERS.length; code++) {
      int exponent = code >> MANTISSA & 0xF;
      int mantissa = code & 7;
      float number =
          exponent == 0
              ? Math.scalb((float) mantissa, LEAST_EXPONENT - MANTISSA)
              : Math.scalb((float) (8 + mantissa), exponent + LEAST_EXPONENT - 1 - MANTISSA);
      float size = (code & NAN) == NAN ? Float.NaN : number;
      NUMBERS[code] = code < 128 ? size : -size;
    }
  }

  private Fp8() {}

  /** The number that a code stands for. */
  public static float number(int code) {
    return NUMBERS[code & 0xFF];
  }

  /** The code of the nearest number, the even one of two that are as near; the largest for more. */
  public static byte code(float number) {
    int sign = Float.floatToRawIntBits(number) >>> 24 & 0x80;
    float size = Math.min(Math.abs(number), MOST);
    int exponent = Math.max(LEAST_EXPONENT, Math.getExponent(size));
    // In steps of that exponent's mantissa; a carry moves into the exponent by itself.
    int steps = (int) Math.rint(Math.scalb(size, MANTISSA - exponent));
    return (byte) (sign | ((exponent - LEAST_EXPONENT) << MANTISSA) + steps);
  }

  /** Whether a code stands for a number. */
  public static boolean isNumber(int code) {
    return (code & NAN) != NAN;
  }
}
