package muninn.kernels.cpu;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import muninn.kernels.Format;
import muninn.kernels.Fp8;

/**
 * Weights of eight-bit floating point. Sign, exponent and mantissa of a code, put where float32 has
 * them, are the number but for the exponents' origins, which a product by a power of two makes the
 * same, also of numbers below the least normal one.
 */
record Fp8Panel(Format.Coded format) implements BytePanel {
  private static final int SHIFT = 20; // from a code's mantissa to a float's
  private static final int SIGN_AND_REST = 0x87F0_0000;
  private static final float ORIGIN = 0x1p120f;

  @Override
  public float number(byte code) {
    return Fp8.number(code);
  }

  @Override
  public FloatVector numbers(ByteVector codes, int part) {
    return ((IntVector) codes.convertShape(VectorOperators.B2I, INTS, part))
        .lanewise(VectorOperators.LSHL, SHIFT)
        .lanewise(VectorOperators.AND, SIGN_AND_REST)
        .reinterpretAsFloats()
        .mul(ORIGIN);
  }
}
