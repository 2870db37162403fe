package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.FLOATS;
import static muninn.kernels.cpu.Linear.LANES;
import static muninn.kernels.cpu.Linear.PANEL;
import static muninn.kernels.cpu.Linear.WIDTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Products of a {@link CodedPanel} with several lanes, or in {@link Plain} loops: some columns are
 * decoded at a time, to where the first-level cache holds them, and multiplied with all lanes from
 * there. So a code is decoded once whatever the lanes, and the loops over lanes are the same for
 * all formats. The sums are those of {@link CodedPanel#multiply} to the bit.
 *
 * <p>A thread's own, for a while.
 */
final class CodedTiles {
  private static final int TILE = PackingRoom.TILE;

  private final CodedPanel panel;
  private final boolean plain;
  private final byte[] codes = new byte[TILE * PANEL];
  private final float[] numbers = new float[TILE * PANEL];
  private final float[] parts; // [lanes, PANEL], of a group

  /**
   * @param lanes at most
   */
  CodedTiles(CodedPanel panel, boolean plain, int lanes) {
    this.panel = panel;
    this.plain = plain;
    parts = new float[(lanes + LANES) * PANEL];
  }

  /** Products {@code [lanes, PANEL]} with lanes from one on. */
  void multiply(
      MemorySegment memory, int columns, CpuBuffer x, int lane, int lanes, float[] products) {
    if (lanes == 1 && !plain) {
      panel.multiply(memory, columns, x.data(), x.row(lane), products);
      return;
    }
    Arrays.fill(products, 0, lanes * PANEL, 0);
    int group = panel.format().group(columns);
    for (int from = 0; from < columns; ) {
      int end = panel.endOfTile(columns, from);
      decode(memory, columns, from, end);
      if (from % group == 0) {
        Arrays.fill(parts, 0, lanes * PANEL, 0);
      }
      for (int m = 0; m < lanes; m += LANES) {
        add(x, lane + m, Math.min(LANES, lanes - m), from, end - from, m * PANEL);
      }
      if (end % group == 0 || end == columns) {
        scale(memory, columns, from / group, lanes, products);
      }
      from = end;
    }
  }

  private void decode(MemorySegment memory, int columns, int from, int end) {
    if (plain) {
      int bytes = (end - from) * panel.columnBytes();
      long at = panel.column(columns, from);
      MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at, codes, 0, bytes);
      panel.plainNumbers(memory, columns, from, end, codes, numbers);
    } else {
      panel.numbers(memory, columns, from, end, numbers);
    }
  }

  /** Adds a group's sums, times its scales. */
  private void scale(MemorySegment memory, int columns, int group, int lanes, float[] products) {
    long at = panel.group(columns, group);
    if (plain) {
      for (int r = 0; r < PANEL; r++) {
        float scale = panel.scale(memory, at, r);
        for (int i = r; i < lanes * PANEL; i += PANEL) {
          products[i] = Math.fma(parts[i], scale, products[i]);
        }
      }
      return;
    }
    boolean single = panel.format().scaleBytes() == Float.BYTES;
    FloatVector scaleA = CodedPanel.firstScales(memory, at, single);
    FloatVector scaleB = CodedPanel.secondScales(memory, at, single);
    for (int i = 0; i < lanes * PANEL; i += PANEL) {
      add(scaleA, i, products);
      add(scaleB, i + WIDTH, products);
    }
  }

  private void add(FloatVector scale, int at, float[] products) {
    FloatVector part = FloatVector.fromArray(FLOATS, parts, at);
    part.fma(scale, FloatVector.fromArray(FLOATS, products, at)).intoArray(products, at);
  }

  /** Adds decoded columns to the parts of up to four lanes. */
  private void add(CpuBuffer x, int lane, int lanes, int from, int count, int to) {
    int x0 = x.row(lane) + from;
    int x1 = x.row(lane + Math.min(1, lanes - 1)) + from;
    int x2 = x.row(lane + Math.min(2, lanes - 1)) + from;
    int x3 = x.row(lane + Math.min(3, lanes - 1)) + from;
    if (plain) {
      for (int m = 0; m < lanes; m++) {
        for (int i = 0; i < count; i++) {
          Plain.add(
              numbers,
              i * PANEL,
              x.data()[x.row(lane + m) + from + i],
              parts,
              to + m * PANEL,
              PANEL);
        }
      }
    } else if (lanes == 1) {
      one(x.data(), x0, count, to);
    } else {
      four(x.data(), x0, x1, x2, x3, count, to); // what is repeated goes beyond the lanes
    }
  }

  private void one(float[] x, int x0, int count, int to) {
    FloatVector a = FloatVector.fromArray(FLOATS, parts, to);
    FloatVector b = FloatVector.fromArray(FLOATS, parts, to + WIDTH);
    for (int i = 0; i < count; i++) {
      FloatVector v = FloatVector.broadcast(FLOATS, x[x0 + i]);
      a = FloatVector.fromArray(FLOATS, numbers, i * PANEL).fma(v, a);
      b = FloatVector.fromArray(FLOATS, numbers, i * PANEL + WIDTH).fma(v, b);
    }
    a.intoArray(parts, to);
    b.intoArray(parts, to + WIDTH);
  }

  private void four(float[] x, int x0, int x1, int x2, int x3, int count, int to) {
    FloatVector a0 = FloatVector.fromArray(FLOATS, parts, to);
    FloatVector b0 = FloatVector.fromArray(FLOATS, parts, to + WIDTH);
    FloatVector a1 = FloatVector.fromArray(FLOATS, parts, to + PANEL);
    FloatVector b1 = FloatVector.fromArray(FLOATS, parts, to + PANEL + WIDTH);
    FloatVector a2 = FloatVector.fromArray(FLOATS, parts, to + 2 * PANEL);
    FloatVector b2 = FloatVector.fromArray(FLOATS, parts, to + 2 * PANEL + WIDTH);
    FloatVector a3 = FloatVector.fromArray(FLOATS, parts, to + 3 * PANEL);
    FloatVector b3 = FloatVector.fromArray(FLOATS, parts, to + 3 * PANEL + WIDTH);
    for (int i = 0; i < count; i++) {
      FloatVector a = FloatVector.fromArray(FLOATS, numbers, i * PANEL);
      FloatVector b = FloatVector.fromArray(FLOATS, numbers, i * PANEL + WIDTH);
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
    a0.intoArray(parts, to);
    b0.intoArray(parts, to + WIDTH);
    a1.intoArray(parts, to + PANEL);
    b1.intoArray(parts, to + PANEL + WIDTH);
    a2.intoArray(parts, to + 2 * PANEL);
    b2.intoArray(parts, to + 2 * PANEL + WIDTH);
    a3.intoArray(parts, to + 3 * PANEL);
    b3.intoArray(parts, to + 3 * PANEL + WIDTH);
  }
}
