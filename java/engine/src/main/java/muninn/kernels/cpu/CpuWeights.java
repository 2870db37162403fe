package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import muninn.kernels.DType;
import muninn.kernels.Stored;
import muninn.kernels.Weights;

/**
 * A weight matrix {@code [rows, columns]} laid out for streaming: panels of {@link Linear#PANEL}
 * rows, column after column, {@code [rows / PANEL, columns, PANEL]}, the last panel filled up with
 * zeros. A vector of one column then holds one weight of each row, so every product is summed over
 * the columns in order and none needs a sum across a vector.
 *
 * <p>bfloat16 stays bfloat16: a 32-bit word holds row i of a panel in its lower half and row {@code
 * i + PANEL/2} in its upper half, so that one load, one shift and one mask give two vectors.
 *
 * <p>The panels live outside the heap, a few together in memory that the thread takes which fills
 * them: taking that of a large matrix at once would clear it on one thread and send it through the
 * caches twice.
 */
final class CpuWeights implements Weights {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final int ALIGNMENT = 64;
  private static final long CHUNK_BYTES = 512 << 10;

  // Columns of a panel that are made up at a time: they stay in the first-level cache meanwhile.
  private static final int FILL_COLUMNS = 64;

  final boolean bf16;
  private final MemorySegment[] panels;
  private final int rows;
  private final int columns;

  private CpuWeights(boolean bf16, int rows, int columns) {
    this.bf16 = bf16;
    this.rows = rows;
    this.columns = columns;
    panels = new MemorySegment[(rows + Linear.PANEL - 1) / Linear.PANEL];
  }

  static CpuWeights of(Weights weights) {
    return (CpuWeights) weights;
  }

  static CpuWeights pack(Workers workers, Arena arena, Stored stored) {
    CpuWeights packed = new CpuWeights(stored.isAll(DType.BF16), stored.rows(), stored.columns());
    Packer packer = new Packer(stored, packed.bf16);
    packed.make(workers, arena, packer::fill);
    return packed;
  }

  /** See {@link muninn.kernels.Device#randomWeights}. */
  static CpuWeights random(
      Workers workers, Arena arena, long seed, int rows, int columns, float sigma) {
    CpuWeights made = new CpuWeights(true, rows, columns);
    made.make(workers, arena, (panel, to) -> made.fill(panel, to, new RandomNumbers(seed, sigma)));
    return made;
  }

  /** Fills a panel that is zero. */
  private interface Filler {
    void fill(int panel, MemorySegment to);
  }

  private void make(Workers workers, Arena arena, Filler filler) {
    long bytes = columns * step(bf16);
    int together = (int) Math.max(1, CHUNK_BYTES / bytes);
    workers.run(
        Math.ceilDiv(panels.length, together),
        chunk -> {
          int first = chunk * together;
          int count = Math.min(together, panels.length - first);
          MemorySegment memory = arena.allocate(count * bytes, ALIGNMENT);
          for (int i = 0; i < count; i++) {
            panels[first + i] = memory.asSlice(i * bytes, bytes);
            filler.fill(first + i, panels[first + i]);
          }
        });
  }

  /** Bytes from a column of a panel to the next. */
  static long step(boolean bf16) {
    return (long) Linear.PANEL * (bf16 ? Short.BYTES : Float.BYTES);
  }

  private void fill(int panel, MemorySegment to, RandomNumbers numbers) {
    int first = panel * Linear.PANEL;
    int half = Linear.PANEL / 2;
    short[] row = new short[FILL_COLUMNS];
    for (int column = 0; column < columns; column += FILL_COLUMNS) {
      int count = Math.min(FILL_COLUMNS, columns - column);
      for (int r = 0; r < Math.min(Linear.PANEL, rows - first); r++) {
        numbers.fill(row, count, (long) (first + r) * columns + column);
        long at = 2L * column * Linear.PANEL + (r % half) * 4L + r / half * 2L;
        for (int c = 0; c < count; c++, at += Linear.PANEL * 2L) {
          to.set(ValueLayout.JAVA_SHORT, at, row[c]);
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

  /** A panel, {@code [columns, PANEL]}. */
  MemorySegment panel(int panel) {
    return panels[panel];
  }

  /** One element, widened. */
  float at(int row, int column) {
    int r = row % Linear.PANEL;
    MemorySegment panel = panels[row / Linear.PANEL];
    long at = column * step(bf16);
    if (!bf16) {
      return panel.get(FLOAT, at + r * 4L);
    }
    int half = Linear.PANEL / 2;
    int word = panel.get(INT, at + (r % half) * 4L);
    return Float.intBitsToFloat(r < half ? word << 16 : word & 0xFFFF0000);
  }
}
