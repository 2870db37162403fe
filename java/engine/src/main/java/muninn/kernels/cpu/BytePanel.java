package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.FLOATS;
import static muninn.kernels.cpu.Linear.PANEL;
import static muninn.kernels.cpu.Linear.WIDTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;

/**
 * A {@link CodedPanel} of a byte a row and no zero points. What a byte means is all that its
 * formats differ in: two of them are still compiled into one loop, which more would not be.
 */
sealed interface BytePanel extends CodedPanel permits Int8Panel, Fp8Panel {
  /** The number of a code. */
  float number(byte code);

  /**
   * Numbers of a vector's worth of codes.
   *
   * @param part which of the vectors that so many bytes make
   */
  FloatVector numbers(ByteVector codes, int part);

  @Override
  default int columnBytes() {
    return PANEL;
  }

  @Override
  default float at(MemorySegment panel, int columns, int row, int column) {
    byte code = panel.get(ValueLayout.JAVA_BYTE, column(columns, column) + row);
    return number(code) * scale(panel, group(columns, column / format().group(columns)), row);
  }

  @Override
  default void multiply(MemorySegment panel, int columns, float[] x, int x0, float[] products) {
    boolean single = format().scaleBytes() == Float.BYTES;
    int group = format().group(columns);
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
  default void numbers(MemorySegment panel, int columns, int from, int end, float[] to) {
    long at = column(columns, from);
    for (int i = 0; i < end - from; i++, at += PANEL) {
      first(panel, at).intoArray(to, i * PANEL);
      second(panel, at).intoArray(to, i * PANEL + WIDTH);
    }
  }

  @Override
  default void plainNumbers(
      MemorySegment panel, int columns, int from, int end, byte[] codes, float[] to) {
    for (int i = 0; i < (end - from) * PANEL; i++) {
      to[i] = number(codes[i]);
    }
  }

  private FloatVector first(MemorySegment panel, long at) {
    return numbers(CodedPanel.bytes(panel, at), 0);
  }

  private FloatVector second(MemorySegment panel, long at) {
    return BYTES.length() == WIDTH
        ? first(panel, at + WIDTH)
        : numbers(CodedPanel.bytes(panel, at), 1);
  }
}
