package muninn.kernels.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Operands rounded to bfloat16 in words of two columns, as {@link CpuLibrary} takes them for
 * AVX-512 BF16, once for all of a matrix.
 */
final class CompiledWords {
  private static final int ROUNDING_PRODUCTS = 1; // what an element costs, in products
  private static final int ALIGNMENT = 64;

  private final MethodHandle round;

  CompiledWords(CompiledCode code) {
    round =
        code.function(
            "muninnCpuWords",
            FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS),
            Linker.Option.critical(true));
  }

  /**
   * The first n rows of x as words, {@code [n, pairs]}: the earlier of two columns in the upper
   * half.
   *
   * @param room for them, or too little of it
   */
  MemorySegment of(Workers workers, CpuBuffer x, int n, MemorySegment room) {
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
}
