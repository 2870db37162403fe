package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import muninn.kernels.DType;

/**
 * Operands of products rounded to bfloat16, where the user chose that type to compute in: as
 * numbers for Java's loops, or as words of two columns for {@link CpuLibrary}. Of one operation at
 * a time.
 */
final class Bf16Operands {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int ROUNDING_PRODUCTS = 4; // what an element costs, in products
  private static final int ALIGNMENT = 64;

  private final Workers workers;
  private CpuBuffer numbers = new CpuBuffer(new float[0], 0, 0);
  private MemorySegment words = MemorySegment.NULL;

  Bf16Operands(Workers workers) {
    this.workers = workers;
  }

  /** The first n rows of x, rounded. */
  CpuBuffer numbers(CpuBuffer x, int n) {
    int columns = x.columns();
    if (numbers.rows() < n || numbers.columns() != columns) {
      numbers = CpuBuffer.of(n, columns);
    }
    CpuBuffer rounded = numbers;
    Linear.split(
        workers,
        n,
        (long) columns * ROUNDING_PRODUCTS,
        (from, to) -> {
          int offset = rounded.row(from) - x.row(from);
          for (int i = x.row(from); i < x.row(to); i++) {
            rounded.data()[i + offset] = Float.intBitsToFloat(DType.bf16(x.data()[i]) << 16);
          }
        });
    return rounded;
  }

  /** The first n rows of x, {@code [n, pairs]}: the earlier of two columns in the upper half. */
  MemorySegment words(CpuBuffer x, int n) {
    int columns = x.columns();
    int pairs = Bf16PairPanel.pairs(columns);
    long bytes = (long) Integer.BYTES * pairs;
    if (words.byteSize() < n * bytes) {
      words = Arena.ofAuto().allocate(n * bytes, ALIGNMENT);
    }
    MemorySegment packed = words;
    Linear.split(
        workers,
        n,
        (long) columns * ROUNDING_PRODUCTS,
        (from, to) -> {
          int[] row = new int[pairs];
          for (int m = from; m < to; m++) {
            int at = x.row(m);
            for (int i = 0; i < columns / 2; i++) {
              int first = DType.bf16(x.data()[at + 2 * i]) << 16;
              row[i] = first | DType.bf16(x.data()[at + 2 * i + 1]) & 0xFFFF;
            }
            if (columns % 2 != 0) {
              row[pairs - 1] = DType.bf16(x.data()[at + columns - 1]) << 16;
            }
            MemorySegment.copy(row, 0, packed, INT, m * bytes, pairs);
          }
        });
    return packed;
  }
}
