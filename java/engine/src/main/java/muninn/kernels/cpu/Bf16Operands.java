package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import muninn.kernels.DType;

/**
 * Operands of products rounded to bfloat16, where the user chose that type to compute in: as
 * numbers for Java's loops, or as words of two columns for {@link CpuLibrary}. Of one operation at
 * a time.
 */
final class Bf16Operands {
  private static final int ROUNDING_PRODUCTS = 4; // what an element costs, in products

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

  /** The first n rows of x in words, as a library takes them. */
  MemorySegment words(CompiledWords compiled, CpuBuffer x, int n) {
    words = compiled.of(workers, x, n, words);
    return words;
  }
}
