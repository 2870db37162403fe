package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.FLOATS;
import static muninn.kernels.cpu.Linear.PANEL;
import static muninn.kernels.cpu.Linear.WIDTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import muninn.kernels.Format;

/** Weights of eight bits, a byte a row; see {@link CodedPanel}. */
record Int8Panel(Format.Coded format) implements CodedPanel {
  @Override
  public int columnBytes() {
    return PANEL;
  }

  @Override
  public float at(MemorySegment panel, int columns, int row, int column) {
    int code = panel.get(ValueLayout.JAVA_BYTE, column(columns, column) + row);
    return code * scale(panel, group(columns, column / format.group(columns)), row);
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
      to[i] = codes[i];
    }
  }

  private static FloatVector first(MemorySegment panel, long at) {
    return (FloatVector) CodedPanel.bytes(panel, at).convertShape(VectorOperators.B2F, FLOATS, 0);
  }

  private static FloatVector second(MemorySegment panel, long at) {
    return BYTES.length() == WIDTH
        ? first(panel, at + WIDTH)
        : (FloatVector) CodedPanel.bytes(panel, at).convertShape(VectorOperators.B2F, FLOATS, 1);
  }
}
