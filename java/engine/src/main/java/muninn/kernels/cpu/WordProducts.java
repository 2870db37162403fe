package muninn.kernels.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Products of bfloat16 weights with operands rounded to it, as {@link CpuLibrary} has them for
 * AVX-512 BF16: operands become words of two columns once for all of a matrix, and products are
 * written where they belong.
 */
final class WordProducts {
  private static final int ROUNDING_PRODUCTS = 1; // what an element costs, in products
  private static final int ALIGNMENT = 64;

  private final MethodHandle round;
  private final MethodHandle put;

  WordProducts(CompiledCode code) {
    Linker.Option heap = Linker.Option.critical(true);
    round =
        code.function(
            "muninnCpuWords",
            FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS),
            heap);
    put =
        code.function(
            "muninnCpuPut",
            FunctionDescriptor.ofVoid(
                ADDRESS, JAVA_LONG, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG,
                JAVA_LONG),
            heap);
  }

  /**
   * The first n rows of x as words, {@code [n, pairs]}: the earlier of two columns in the upper
   * half.
   *
   * @param room for them, or too little of it
   */
  MemorySegment words(Workers workers, CpuBuffer x, int n, MemorySegment room) {
    int columns = x.columns();
    long bytes = (long) Integer.BYTES * Bf16PairPanel.pairs(columns);
    MemorySegment words =
        room.byteSize() >= n * bytes ? room : Arena.ofAuto().allocate(n * bytes, ALIGNMENT);
    Linear.split(
        workers,
        n,
        (long) columns * ROUNDING_PRODUCTS,
        (from, to) -> round(x, from, to, words.asSlice(from * bytes)));
    return words;
  }

  private void round(CpuBuffer x, int from, int to, MemorySegment words) {
    try {
      round.invokeExact(
          MemorySegment.ofArray(x.data()),
          (long) x.row(from),
          (long) (to - from),
          (long) x.columns(),
          words);
    } catch (Throwable e) {
      throw CompiledCode.failed(e);
    }
  }

  /**
   * Products of a panel with some lanes, written to consecutive rows of a table.
   *
   * @param words of these lanes
   * @param rows of the panel, from its first on
   * @param residual what is added, at the same places; {@link MemorySegment#NULL} for nothing
   * @param first where the first lane's products go
   * @param step from there to the next lane's
   */
  void put(
      MemorySegment panel,
      int columns,
      MemorySegment words,
      int lanes,
      int rows,
      MemorySegment out,
      MemorySegment residual,
      int first,
      int step) {
    try {
      put.invokeExact(
          panel, (long) columns, words, lanes, rows, out, residual, (long) first, (long) step);
    } catch (Throwable e) {
      throw CompiledCode.failed(e);
    }
  }
}
