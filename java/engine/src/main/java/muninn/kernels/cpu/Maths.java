package muninn.kernels.cpu;

/**
 * The transcendental functions of the CPU device, in float32 with fixed operations, so that
 * interpreter, compiler and machine agree to the bit.
 */
final class Maths {
  private static final float LOG2_E = 0x1.715476p0f;
  // ln 2 in two parts, so that x − n·ln 2 keeps its bits (Cody and Waite 1980).
  private static final float LN2_HIGH = 0x1.62e4p-1f;
  private static final float LN2_LOW = 0x1.7f7d1cp-20f;

  private Maths() {}

  /**
   * e^x within 1 unit in the last place; 0 below −87, infinity above 88.7. The minimax polynomial
   * is that of SLEEF's float exponential (Shibata and Petrogalli 2020), which common tensor
   * libraries use too.
   */
  static float exp(float x) {
    if (x < -87f) {
      return 0f;
    }
    if (x > 88.7f) {
      return Float.POSITIVE_INFINITY;
    }
    float n = (float) Math.rint(x * LOG2_E);
    float f = Math.fma(-n, LN2_LOW, Math.fma(-n, LN2_HIGH, x));
    float p = 0x1.a057b4p-13f;
    p = Math.fma(p, f, 0x1.6d2d92p-10f);
    p = Math.fma(p, f, 0x1.11114cp-7f);
    p = Math.fma(p, f, 0x1.5554f4p-5f);
    p = Math.fma(p, f, 0x1.555556p-3f);
    p = Math.fma(p, f, 0.5f);
    float e = 1f + Math.fma(f * f, p, f);
    int half = (int) n >> 1;
    return e * powerOfTwo(half) * powerOfTwo((int) n - half);
  }

  private static float powerOfTwo(int n) {
    return Float.intBitsToFloat((n + 127) << 23);
  }

  /** {@code x · sigmoid(x)}. */
  static float silu(float x) {
    return x / (1f + exp(-x));
  }

  /**
   * {@code out[to + i] = silu(gate) · up} for n gates at {@code from}, the ups right behind them.
   */
  static void silu(float[] gateUp, int from, int n, float[] out, int to) {
    for (int i = 0; i < n; i++) {
      out[to + i] = silu(gateUp[from + i]) * gateUp[from + n + i];
    }
  }
}
