package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import muninn.kernels.DType;
import muninn.kernels.Weights;

/**
 * A weight matrix {@code [rows, columns]} laid out for streaming: panels of {@link Linear#PANEL}
 * rows, column after column, {@code [rows / PANEL, columns, PANEL]}, the last panel filled up with
 * zeros. A vector of one column then holds one weight of each row, so every product is summed over
 * the columns in order and none needs a sum across a vector.
 *
 * <p>bfloat16 stays bfloat16: a 32-bit word holds row i of a panel in its lower half and row {@code
 * i + PANEL/2} in its upper half, so that one load, one shift and one mask give two vectors. The
 * panels live outside the heap; the checkpoint's memory map is not read again.
 */
final class CpuWeights implements Weights {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  // Columns of a panel that are made up at a time: they stay in the first-level cache meanwhile.
  private static final int FILL_COLUMNS = 64;

  final MemorySegment panels;
  final boolean bf16;
  private final int rows;
  private final int columns;

  private CpuWeights(MemorySegment panels, boolean bf16, int rows, int columns) {
    this.panels = panels;
    this.bf16 = bf16;
    this.rows = rows;
    this.columns = columns;
  }

  static CpuWeights of(Weights weights) {
    return (CpuWeights) weights;
  }

  /**
   * @param data {@code [rows, columns]}, row-major, little-endian
   */
  static CpuWeights pack(
      Workers workers, Arena arena, DType dtype, int rows, int columns, MemorySegment data) {
    boolean bf16 = dtype == DType.BF16;
    int count = (rows + Linear.PANEL - 1) / Linear.PANEL;
    long bytes = (long) count * columns * Linear.PANEL * (bf16 ? Short.BYTES : Float.BYTES);
    CpuWeights packed = new CpuWeights(arena.allocate(bytes, 64), bf16, rows, columns);
    workers.run(count, panel -> packed.pack(panel, dtype, data));
    return packed;
  }

  /** See {@link muninn.kernels.Device#randomWeights}. */
  static CpuWeights random(
      Workers workers, Arena arena, long seed, int rows, int columns, float sigma) {
    int count = (rows + Linear.PANEL - 1) / Linear.PANEL;
    long bytes = (long) count * columns * Linear.PANEL * Short.BYTES;
    CpuWeights made = new CpuWeights(arena.allocate(bytes, 64), true, rows, columns);
    workers.run(count, panel -> made.fill(panel, new RandomNumbers(seed, sigma)));
    return made;
  }

  private void fill(int panel, RandomNumbers numbers) {
    int first = panel * Linear.PANEL;
    int half = Linear.PANEL / 2;
    short[] row = new short[FILL_COLUMNS];
    for (int column = 0; column < columns; column += FILL_COLUMNS) {
      int count = Math.min(FILL_COLUMNS, columns - column);
      for (int r = 0; r < Math.min(Linear.PANEL, rows - first); r++) {
        numbers.fill(row, count, (long) (first + r) * columns + column);
        long at = start(panel) + 2L * column * Linear.PANEL + (r % half) * 4L + r / half * 2L;
        for (int c = 0; c < count; c++, at += Linear.PANEL * 2L) {
          panels.set(ValueLayout.JAVA_SHORT, at, row[c]);
        }
      }
    }
  }

  private void pack(int panel, DType dtype, MemorySegment data) {
    int first = panel * Linear.PANEL;
    int half = Linear.PANEL / 2;
    for (int r = 0; r < Math.min(Linear.PANEL, rows - first); r++) {
      long row = (long) (first + r) * columns;
      long at = start(panel) + (bf16 ? (r % half) * 4L + r / half * 2L : r * 4L);
      long step = Linear.PANEL * (bf16 ? 2L : 4L);
      for (int c = 0; c < columns; c++, at += step) {
        if (bf16) {
          panels.set(ValueLayout.JAVA_SHORT, at, DType.bits(data, row + c));
        } else {
          panels.set(FLOAT, at, dtype.read(data, row + c));
        }
      }
    }
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public DType dtype() {
    return bf16 ? DType.BF16 : DType.F32;
  }

  /** Where a panel begins, in bytes. */
  long start(int panel) {
    return (long) panel * columns * Linear.PANEL * (bf16 ? Short.BYTES : Float.BYTES);
  }

  /** One element, widened. */
  float at(int row, int column) {
    int r = row % Linear.PANEL;
    long at = start(row / Linear.PANEL) + (long) column * Linear.PANEL * (bf16 ? 2 : 4);
    if (!bf16) {
      return panels.get(FLOAT, at + r * 4L);
    }
    int half = Linear.PANEL / 2;
    int word = panels.get(INT, at + (r % half) * 4L);
    return Float.intBitsToFloat(r < half ? word << 16 : word & 0xFFFF0000);
  }
}
