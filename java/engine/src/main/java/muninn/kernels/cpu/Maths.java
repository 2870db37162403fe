package muninn.kernels.cpu;

/**
 * The transcendental functions of the CPU device, in float32 with fixed operations, so that interpreter,
 * compiler and machine agree to the bit.
 */
final class Maths {
  private static final float LOG2_E = 1.44269504f;
  // ln 2 in two parts, so that x − n·ln 2 keeps its bits (Cody and Waite 1980).
  private static final float LN2_HIGH = 0.693145752f;
  private static final float LN2_LOW = 1.42860677e-6f;

  private Maths() {}

  /** e^x within 2 units in the last place; 0 below −87, infinity above 88.7. */
  static float exp(float x) {
    if (x < -87f) {
      return 0f;
    }
    if (x > 88.7f) {
      return Float.POSITIVE_INFINITY;
    }
    float n = (float) Math.rint(x * LOG2_E);
    float f = Math.fma(-n, LN2_LOW, Math.fma(-n, LN2_HIGH, x));
    // Taylor of degree 7 on |f| ≤ ln 2 / 2: the next term is 5e-9.
    float p = 1f / 5040;
    p = Math.fma(p, f, 1f / 720);
    p = Math.fma(p, f, 1f / 120);
    p = Math.fma(p, f, 1f / 24);
    p = Math.fma(p, f, 1f / 6);
    p = Math.fma(p, f, 0.5f);
    p = Math.fma(p, f, 1f);
    p = Math.fma(p, f, 1f);
    int half = (int) n >> 1;
    return p * powerOfTwo(half) * powerOfTwo((int) n - half);
  }

  private static float powerOfTwo(int n) {
    return Float.intBitsToFloat((n + 127) << 23);
  }

  /** {@code x · sigmoid(x)}. */
  static float silu(float x) {
    return x / (1f + exp(-x));
  }
}
