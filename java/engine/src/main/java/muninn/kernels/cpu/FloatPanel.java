package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.FLOATS;
import static muninn.kernels.cpu.Linear.PANEL;
import static muninn.kernels.cpu.Linear.WIDTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import muninn.kernels.Format;

/** Float32 weights, {@code [columns, PANEL]}. */
record FloatPanel() implements NumberPanel {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long STEP = (long) PANEL * Float.BYTES; // from a column to the next

  @Override
  public Format format() {
    return Format.F32;
  }

  @Override
  public long bytes(int columns) {
    return columns * STEP;
  }

  @Override
  public void pack(Rows rows, MemorySegment panel, PackingRoom room) {
    int columns = rows.columns();
    float[] stored = room.floats(rows.count() * columns);
    rows.dtype().read(rows.data(), stored, rows.count() * columns);
    for (int column = 0; column < columns; column += PackingRoom.TILE) {
      int count = Math.min(PackingRoom.TILE, columns - column);
      if (rows.count() < PANEL) {
        MemorySegment.copy(panel, FLOAT, column * STEP, room.tile, 0, count * PANEL);
      }
      for (int c = 0; c < count; c++) {
        for (int r = 0; r < rows.count(); r++) {
          room.tile[c * PANEL + rows.first() + r] = stored[r * columns + column + c];
        }
      }
      MemorySegment.copy(room.tile, 0, panel, FLOAT, column * STEP, count * PANEL);
    }
  }

  @Override
  public void unpack(MemorySegment panel, int columns, float[] to) {
    MemorySegment.copy(panel, FLOAT, 0, to, 0, columns * PANEL);
  }

  @Override
  public float at(MemorySegment panel, int columns, int row, int column) {
    return panel.get(FLOAT, column * STEP + row * 4L);
  }

  @Override
  public void multiply(MemorySegment panel, int columns, float[] x, int x0, float[] products) {
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector b0 = a0;
    long at = 0;
    for (int i = 0; i < columns; i++, at += STEP) {
      FloatVector v = FloatVector.broadcast(FLOATS, x[x0 + i]);
      a0 = load(panel, at).fma(v, a0);
      b0 = load(panel, at + 4L * WIDTH).fma(v, b0);
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
      FloatVector a = load(panel, at);
      FloatVector b = load(panel, at + 4L * WIDTH);
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

  private static FloatVector load(MemorySegment panel, long at) {
    return FloatVector.fromMemorySegment(FLOATS, panel, at, ByteOrder.LITTLE_ENDIAN);
  }
}
