package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.FLOATS;
import static muninn.kernels.cpu.Linear.PANEL;
import static muninn.kernels.cpu.Linear.WIDTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorOperators;
import muninn.kernels.Format;
import muninn.kernels.Fp8;

/**
 * Weights of eight-bit floating point, a byte a row; see {@link CodedPanel}. Sign, exponent and
 * mantissa of a code, put where float32 has them, are the number but for the exponents' origins,
 * which a product by a power of two makes the same, also of numbers below the least normal one.
 */
record Fp8Panel(Format.Coded format) implements CodedPanel {
  private static final int SHIFT = 20; // from a code's mantissa to a float's
  private static final int SIGN_AND_REST = 0x87F0_0000;
  private static final float ORIGIN = 0x1p120f;

  @Override
  public int columnBytes() {
    return PANEL;
  }

  @Override
  public float at(MemorySegment panel, int columns, int row, int column) {
    byte code = panel.get(ValueLayout.JAVA_BYTE, column(columns, column) + row);
    return Fp8.number(code) * scale(panel, group(columns, column / format.group(columns)), row);
  }

  @Override
  public void multiply(MemorySegment panel, int columns, float[] x, int x0, float[] products) {
    boolean single = format.scaleBytes() == Float.BYTES;
    int group = format.group(columns);
    int head = headBytes();
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a;
    long at = 0;
    for (int from = 0; from < columns; from += group) {
      FloatVector scaleA = CodedPanel.firstScales(panel, at, single);
      FloatVector scaleB = CodedPanel.secondScales(panel, at, single);
      at += head;
      FloatVector partA = FloatVector.zero(FLOATS);
      FloatVector partB = partA;
      int end = Math.min(columns, from + group);
      for (int i = from; i < end; i++, at += PANEL) {
        FloatVector v = FloatVector.broadcast(FLOATS, x[x0 + i]);
        partA = first(panel, at).fma(v, partA);
        partB = second(panel, at).fma(v, partB);
      }
      a = partA.fma(scaleA, a);
      b = partB.fma(scaleB, b);
    }
    a.intoArray(products, 0);
    b.intoArray(products, WIDTH);
  }

  @Override
  public void numbers(MemorySegment panel, int columns, int from, int end, float[] to) {
    long at = column(columns, from);
    for (int i = 0; i < end - from; i++, at += PANEL) {
      first(panel, at).intoArray(to, i * PANEL);
      second(panel, at).intoArray(to, i * PANEL + WIDTH);
    }
  }

  @Override
  public void plainNumbers(
      MemorySegment panel, int columns, int from, int end, byte[] codes, float[] to) {
    for (int i = 0; i < (end - from) * PANEL; i++) {
      to[i] = Fp8.number(codes[i]);
    }
  }

  private static FloatVector first(MemorySegment panel, long at) {
    return number(CodedPanel.bytes(panel, at).convertShape(VectorOperators.B2I, INTS, 0));
  }

  private static FloatVector second(MemorySegment panel, long at) {
    return BYTES.length() == WIDTH
        ? first(panel, at + WIDTH)
        : number(CodedPanel.bytes(panel, at).convertShape(VectorOperators.B2I, INTS, 1));
  }

  private static FloatVector number(Vector<Integer> codes) {
    return ((IntVector) codes)
        .lanewise(VectorOperators.LSHL, SHIFT)
        .lanewise(VectorOperators.AND, SIGN_AND_REST)
        .reinterpretAsFloats()
        .mul(ORIGIN);
  }
}
