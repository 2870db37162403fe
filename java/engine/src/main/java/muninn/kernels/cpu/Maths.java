package muninn.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The transcendental functions of the CPU device, in fixed operations, so that interpreter,
 * compiler and machine agree to the bit; kernels-cu/maths.cuh has their twins.
 */
final class Maths {
  private static final VectorSpecies<Float> FLOATS = Linear.FLOATS;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);

  // Beyond these e^x is not a normal number: arguments are held within.
  private static final float LEAST = -87f;
  private static final float MOST = 88.7f;

  // Added and taken away again, 1.5 · 2^23 rounds to the nearest whole number.
  private static final float ROUND = 0x1.8p23f;
  private static final float LOG2_E = 0x1.715476p0f;
  // ln 2 in two parts, so that x − n·ln 2 keeps its bits (Cody and Waite 1980).
  private static final float LN2_HIGH = 0x1.62e4p-1f;
  private static final float LN2_LOW = 0x1.7f7d1cp-20f;

  // The minimax polynomial of SLEEF's float exponential (Shibata and Petrogalli 2020), which common
  // tensor libraries use too.
  private static final float C6 = 0x1.a057b4p-13f;
  private static final float C5 = 0x1.6d2d92p-10f;
  private static final float C4 = 0x1.11114cp-7f;
  private static final float C3 = 0x1.5554f4p-5f;
  private static final float C2 = 0x1.555556p-3f;
  private static final float C1 = 0.5f;

  // The logarithm's series and ln 2 in two parts, as in fdlibm (Ng 1993).
  private static final long ROOT_HALF_BITS = 0x3fe6a09e667f3bcdL; // sqrt(1/2)
  private static final double L1 = 0x1.5555555555593p-1;
  private static final double L2 = 0x1.999999997fa04p-2;
  private static final double L3 = 0x1.2492494229359p-2;
  private static final double L4 = 0x1.c71c51d8e78afp-3;
  private static final double L5 = 0x1.7466496cb03dep-3;
  private static final double L6 = 0x1.39a09d078c69fp-3;
  private static final double L7 = 0x1.2f112df3e5244p-3;
  private static final double LN2_DOUBLE_HIGH = 0x1.62e42feep-1;
  private static final double LN2_DOUBLE_LOW = 0x1.a39ef35793c76p-33;

  private Maths() {}

  /**
   * e^x within 1 unit in the last place, for x held within −87 … 88.7; the twin of the vector's.
   */
  static float exp(float x) {
    x = Math.min(Math.max(x, LEAST), MOST);
    float n = x * LOG2_E + ROUND - ROUND;
    float f = Math.fma(-n, LN2_LOW, Math.fma(-n, LN2_HIGH, x));
    float p = Math.fma(Math.fma(Math.fma(C6, f, C5), f, C4), f, C3);
    p = Math.fma(Math.fma(p, f, C2), f, C1);
    float e = 1f + Math.fma(f * f, p, f);
    int half = (int) n >> 1;
    return e * powerOfTwo(half) * powerOfTwo((int) n - half);
  }

  /** ln x within 2 units in the last place, for x positive, normal and finite. */
  static double log(double x) {
    // x = 2^k · (1 + f) with 1 + f within sqrt(1/2) … sqrt(2)
    long bits = Double.doubleToRawLongBits(x);
    long k = (bits - ROOT_HALF_BITS) >> 52;
    double f = Double.longBitsToDouble(bits - (k << 52)) - 1;
    // ln(1 + f) = f − s · (f − r), s = f / (2 + f)
    double s = f / (2 + f);
    double z = s * s;
    double r = Math.fma(z, L7, L6);
    r = Math.fma(Math.fma(Math.fma(z, r, L5), z, L4), z, L3);
    r = Math.fma(Math.fma(r, z, L2), z, L1) * z;
    return Math.fma(k, LN2_DOUBLE_HIGH, f - Math.fma(-k, LN2_DOUBLE_LOW, s * (f - r)));
  }

  private static float powerOfTwo(int n) {
    return Float.intBitsToFloat((n + 127) << 23);
  }

  /** {@link #exp(float)} of each element, the same to the bit. */
  static FloatVector exp(FloatVector x) {
    x = x.max(LEAST).min(MOST);
    FloatVector n = x.mul(LOG2_E).add(ROUND).sub(ROUND);
    FloatVector minus = n.neg();
    FloatVector f = minus.fma(of(LN2_LOW), minus.fma(of(LN2_HIGH), x));
    FloatVector p =
        of(C6).fma(f, of(C5)).fma(f, of(C4)).fma(f, of(C3)).fma(f, of(C2)).fma(f, of(C1));
    FloatVector e = f.mul(f).fma(p, f).add(1f);
    IntVector k = (IntVector) n.convertShape(VectorOperators.F2I, INTS, 0);
    IntVector half = k.lanewise(VectorOperators.ASHR, 1);
    return e.mul(powerOfTwo(half)).mul(powerOfTwo(k.sub(half)));
  }

  private static FloatVector of(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }

  private static FloatVector powerOfTwo(IntVector n) {
    return n.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }

  /**
   * {@code out[to + i] = silu(gate) · up}, {@code silu(x) = x · sigmoid(x)}, for n gates at {@code
   * from}, the ups right behind them.
   */
  static void silu(float[] gateUp, int from, int n, float[] out, int to) {
    for (int i = 0; i < n; i += FLOATS.length()) {
      VectorMask<Float> inRange = FLOATS.indexInRange(i, n);
      FloatVector gate = FloatVector.fromArray(FLOATS, gateUp, from + i, inRange);
      FloatVector up = FloatVector.fromArray(FLOATS, gateUp, from + n + i, inRange);
      gate.div(exp(gate.neg()).add(1f)).mul(up).intoArray(out, to + i, inRange);
    }
  }

  /**
   * Turns the first n scores into {@code e^(score − max)} and answers their sum, added up in order.
   *
   * @param scores whole vectors, at least n
   */
  static float softmax(float[] scores, int n) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, scores[i]);
    }
    for (int i = 0; i < n; i += FLOATS.length()) {
      exp(FloatVector.fromArray(FLOATS, scores, i).sub(max)).intoArray(scores, i);
    }
    float sum = 0;
    for (int i = 0; i < n; i++) {
      sum += scores[i];
    }
    return sum;
  }
}
