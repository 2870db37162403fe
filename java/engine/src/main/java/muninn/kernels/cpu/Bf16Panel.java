package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.FLOATS;
import static muninn.kernels.cpu.Linear.PANEL;
import static muninn.kernels.cpu.Linear.WIDTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import muninn.kernels.DType;
import muninn.kernels.Format;

/**
 * bfloat16 weights, {@code [columns, PANEL]}: a 32-bit word holds row i of a panel in its lower
 * half and row {@code i + PANEL/2} in its upper half, so that one load, one shift and one mask give
 * two vectors.
 */
record Bf16Panel() implements NumberPanel {
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long STEP = (long) PANEL * Short.BYTES; // from a column to the next
  private static final int HALF = PANEL / 2;
  private static final int UPPER = 0xFFFF0000;

  @Override
  public Format format() {
    return Format.BF16;
  }

  @Override
  public long bytes(int columns) {
    return columns * STEP;
  }

  @Override
  public void pack(Rows rows, MemorySegment panel, PackingRoom room) {
    if (rows.dtype() == DType.BF16 && rows.count() == PANEL) {
      Bf16Turn.pack(rows, panel, room);
      return;
    }
    for (int c = 0; c < rows.columns(); c++) {
      for (int r = rows.first(); r < rows.first() + rows.count(); r++) {
        panel.set(SHORT, c * STEP + r % HALF * 4L + r / HALF * 2L, DType.bf16(rows.at(r, c)));
      }
    }
  }

  @Override
  public void unpack(MemorySegment panel, int columns, float[] to) {
    int[] words = new int[columns * HALF];
    MemorySegment.copy(panel, INT, 0, words, 0, words.length);
    for (int i = 0; i < columns; i++) {
      for (int r = 0; r < HALF; r++) {
        int word = words[i * HALF + r];
        to[i * PANEL + r] = Float.intBitsToFloat(word << 16);
        to[i * PANEL + HALF + r] = Float.intBitsToFloat(word & UPPER);
      }
    }
  }

  @Override
  public float at(MemorySegment panel, int columns, int row, int column) {
    int word = panel.get(INT, column * STEP + row % HALF * 4L);
    return Float.intBitsToFloat(row < HALF ? word << 16 : word & UPPER);
  }

  @Override
  public void multiply(MemorySegment panel, int columns, float[] x, int x0, float[] products) {
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector b0 = a0;
    long at = 0;
    for (int i = 0; i < columns; i++, at += STEP) {
      IntVector words = load(panel, at);
      FloatVector v = FloatVector.broadcast(FLOATS, x[x0 + i]);
      a0 = lower(words).fma(v, a0);
      b0 = upper(words).fma(v, b0);
    }
    a0.intoArray(products, 0);
    b0.intoArray(products, WIDTH);
  }

  @Override
  public void multiply(
      MemorySegment panel,
      int columns,
      float[] x,
      int x0,
      int x1,
      int x2,
      int x3,
      float[] products) {
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector b0 = a0;
    FloatVector a1 = a0;
    FloatVector b1 = a0;
    FloatVector a2 = a0;
    FloatVector b2 = a0;
    FloatVector a3 = a0;
    FloatVector b3 = a0;
    long at = 0;
    for (int i = 0; i < columns; i++, at += STEP) {
      IntVector words = load(panel, at);
      FloatVector a = lower(words);
      FloatVector b = upper(words);
      FloatVector v = FloatVector.broadcast(FLOATS, x[x0 + i]);
      a0 = a.fma(v, a0);
      b0 = b.fma(v, b0);
      v = FloatVector.broadcast(FLOATS, x[x1 + i]);
      a1 = a.fma(v, a1);
      b1 = b.fma(v, b1);
      v = FloatVector.broadcast(FLOATS, x[x2 + i]);
      a2 = a.fma(v, a2);
      b2 = b.fma(v, b2);
      v = FloatVector.broadcast(FLOATS, x[x3 + i]);
      a3 = a.fma(v, a3);
      b3 = b.fma(v, b3);
    }
    a0.intoArray(products, 0);
    b0.intoArray(products, WIDTH);
    a1.intoArray(products, PANEL);
    b1.intoArray(products, PANEL + WIDTH);
    a2.intoArray(products, 2 * PANEL);
    b2.intoArray(products, 2 * PANEL + WIDTH);
    a3.intoArray(products, 3 * PANEL);
    b3.intoArray(products, 3 * PANEL + WIDTH);
  }

  private static IntVector load(MemorySegment panel, long at) {
    return IntVector.fromMemorySegment(INTS, panel, at, ByteOrder.LITTLE_ENDIAN);
  }

  private static FloatVector lower(IntVector words) {
    return words.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  private static FloatVector upper(IntVector words) {
    return words.lanewise(VectorOperators.AND, UPPER).reinterpretAsFloats();
  }
}
