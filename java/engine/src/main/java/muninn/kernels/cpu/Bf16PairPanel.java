package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.PANEL;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import muninn.kernels.DType;
import muninn.kernels.Format;

/**
 * bfloat16 weights for products with bfloat16 operands by {@link CpuLibrary}, {@code [columns / 2,
 * PANEL]}: a 32-bit word holds two columns of a row, the earlier one in its upper half.
 */
record Bf16PairPanel() implements Panel {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long STEP = (long) PANEL * Integer.BYTES; // from a pair to the next
  private static final int TILE = PackingRoom.TILE; // pairs that are turned at a time

  /** Words that a row of so many columns takes; the last of an odd number has a zero beside it. */
  static int pairs(int columns) {
    return Math.ceilDiv(columns, 2);
  }

  @Override
  public Format format() {
    return Format.BF16;
  }

  @Override
  public long bytes(int columns) {
    return pairs(columns) * STEP;
  }

  @Override
  public void pack(Rows rows, MemorySegment panel, PackingRoom room) {
    if (rows.count() < PANEL) {
      for (int c = 0; c < rows.columns(); c++) {
        long at = c / 2 * STEP + (c % 2 == 0 ? Short.BYTES : 0);
        for (int r = rows.first(); r < rows.first() + rows.count(); r++) {
          panel.set(SHORT, at + r * 4L, DType.bf16(rows.at(r, c)));
        }
      }
      return;
    }
    int[] turned = new int[TILE * PANEL];
    int pairs = pairs(rows.columns());
    for (int first = 0; first < pairs; first += TILE) {
      int count = Math.min(TILE, pairs - first);
      for (int r = 0; r < PANEL; r++) {
        for (int i = 0; i < count; i++) {
          turned[i * PANEL + r] = word(rows, r, 2 * (first + i));
        }
      }
      MemorySegment.copy(turned, 0, panel, INT, first * STEP, count * PANEL);
    }
  }

  private static int word(Rows rows, int row, int column) {
    int word = bits(rows, row, column) << 16;
    return column + 1 < rows.columns() ? word | bits(rows, row, column + 1) & 0xFFFF : word;
  }

  private static int bits(Rows rows, int row, int column) {
    return rows.dtype() == DType.BF16
        ? DType.bits(rows.data(), (long) row * rows.columns() + column)
        : DType.bf16(rows.at(row, column));
  }

  @Override
  public float at(MemorySegment panel, int columns, int row, int column) {
    int word = panel.get(INT, column / 2 * STEP + row * 4L);
    return Float.intBitsToFloat(column % 2 == 0 ? word & 0xFFFF0000 : word << 16);
  }
}
