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
  private static final int LARGEST = 0x7E;
  private static final int LEAST_NORMAL = Float.floatToRawIntBits(0x1p-6f);
  private static final int DROPPED = 20; // bits of a float32's mantissa
  private static final int HALF = (1 << DROPPED - 1) - 1;
  private static final int BIAS = 127 - 7 << MANTISSA; // of a float32's exponent, less of this one
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
    int bits = Float.floatToRawIntBits(number);
    int sign = bits >>> 24 & 0x80;
    int size = bits & Integer.MAX_VALUE;
    if (size < LEAST_NORMAL) {
      return (byte)
          (sign | (int) Math.rint(Math.scalb(Math.abs(number), MANTISSA - LEAST_EXPONENT)));
    }
    // To the even one of the bits that are left; a carry moves into the exponent by itself.
    int rounded = size + HALF + (size >>> DROPPED & 1) >>> DROPPED;
    return (byte) (sign | Math.min(rounded - BIAS, LARGEST));
  }

  /** Whether a code stands for a number. */
  public static boolean isNumber(int code) {
    return (code & NAN) != NAN;
  }
}
