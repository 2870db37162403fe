package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.FLOATS;
import static muninn.kernels.cpu.Linear.PANEL;
import static muninn.kernels.cpu.Linear.WIDTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import muninn.kernels.Format;

/**
 * Weights of four bits; see {@link CodedPanel}. A byte of a column holds row i of the panel in its
 * lower half and row {@code i + PANEL/2} in its upper half, and so does a byte of zero points.
 *
 * <p>A code becomes a number without a conversion: as the last bits of a float's mantissa it is
 * added to a power of two whose last bit is worth one, which is taken away again together with the
 * zero point. Both are exact.
 */
record Int4Panel(Format.Coded format) implements CodedPanel {
  private static final int LOWER = 0xF;
  private static final int UPPER = 0xF0;

  // Powers of two of which bit 0, or bit 4, of the mantissa is worth one, and their bits.
  private static final float LOWER_ONE = 0x1p23f;
  private static final float UPPER_ONE = 0x1p19f;
  private static final int LOWER_BITS = Float.floatToRawIntBits(LOWER_ONE);
  private static final int UPPER_BITS = Float.floatToRawIntBits(UPPER_ONE);

  @Override
  public int columnBytes() {
    return WIDTH;
  }

  @Override
  public void put(byte[] tile, int column, int row, byte code) {
    tile[column + row % WIDTH] |= (byte) (code << 4 * (row / WIDTH));
  }

  @Override
  public float at(MemorySegment panel, int columns, int row, int column) {
    long group = group(columns, column / format.group(columns));
    int zero = CodedPanel.half(panel, group + (long) PANEL * format.scaleBytes(), row);
    int code = CodedPanel.half(panel, column(columns, column), row);
    return (code - zero) * scale(panel, group, row);
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
      IntVector zeros = codes(panel, at - WIDTH);
      FloatVector zeroA = lower(zeros);
      FloatVector zeroB = upper(zeros);
      FloatVector partA = FloatVector.zero(FLOATS);
      FloatVector partB = partA;
      int end = Math.min(columns, from + group);
      for (int i = from; i < end; i++, at += WIDTH) {
        IntVector codes = codes(panel, at);
        FloatVector v = FloatVector.broadcast(FLOATS, x[x0 + i]);
        partA = lower(codes).sub(zeroA).fma(v, partA);
        partB = upper(codes).sub(zeroB).fma(v, partB);
      }
      a = partA.fma(scaleA, a);
      b = partB.fma(scaleB, b);
    }
    a.intoArray(products, 0);
    b.intoArray(products, WIDTH);
  }

  @Override
  public void numbers(MemorySegment panel, int columns, int from, int end, float[] to) {
    int group = from / format.group(columns);
    IntVector zeros = codes(panel, group(columns, group) + (long) PANEL * format.scaleBytes());
    FloatVector zeroA = lower(zeros);
    FloatVector zeroB = upper(zeros);
    long at = column(columns, from);
    for (int i = 0; i < end - from; i++, at += WIDTH) {
      IntVector codes = codes(panel, at);
      lower(codes).sub(zeroA).intoArray(to, i * PANEL);
      upper(codes).sub(zeroB).intoArray(to, i * PANEL + WIDTH);
    }
  }

  @Override
  public void plainNumbers(
      MemorySegment panel, int columns, int from, int end, byte[] codes, float[] to) {
    int group = from / format.group(columns);
    long zeros = group(columns, group) + (long) PANEL * format.scaleBytes();
    for (int i = 0; i < end - from; i++) {
      for (int r = 0; r < WIDTH; r++) {
        int zero = panel.get(ValueLayout.JAVA_BYTE, zeros + r);
        int code = codes[i * WIDTH + r];
        to[i * PANEL + r] = (code & 0xF) - (zero & 0xF);
        to[i * PANEL + WIDTH + r] = (code >> 4 & 0xF) - (zero >> 4 & 0xF);
      }
    }
  }

  /** A byte of codes for each row of a vector. */
  private static IntVector codes(MemorySegment panel, long at) {
    return (IntVector)
        CodedPanel.bytes(panel, at).convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
  }

  /** Codes in the lower halves, on top of a power of two. */
  private static FloatVector lower(IntVector codes) {
    return codes
        .lanewise(VectorOperators.AND, LOWER)
        .lanewise(VectorOperators.OR, LOWER_BITS)
        .reinterpretAsFloats();
  }

  /** Those in the upper halves, on top of another. */
  private static FloatVector upper(IntVector codes) {
    return codes
        .lanewise(VectorOperators.AND, UPPER)
        .lanewise(VectorOperators.OR, UPPER_BITS)
        .reinterpretAsFloats();
  }
}
