package muninn.kernels.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The one thing that the CPU device has compiled for it: products of bfloat16 weights and operands
 * by an instruction that Java does not reach ({@code native/cpu/products.cpp}). It is there where
 * it was built and the CPU has the instruction; Java's own loops give the same to the bit, slower.
 */
final class Bf16Library {
  private static final String NAME = "libmuninn-cpu.so";
  private static final int PANEL = 32; // rows, as it takes them

  private final MethodHandle products;

  private Bf16Library(MethodHandle products) {
    this.products = products;
  }

  /**
   * Opens it.
   *
   * @param folder where it would be
   */
  static Optional<Bf16Library> open(Path folder) {
    Path file = folder.resolve(NAME).toAbsolutePath();
    if (Linear.PANEL != PANEL || !Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      SymbolLookup symbols = SymbolLookup.libraryLookup(file, Arena.global());
      Linker linker = Linker.nativeLinker();
      MemorySegment is = symbols.findOrThrow("muninnBf16Is");
      boolean can =
          (int) linker.downcallHandle(is, FunctionDescriptor.of(JAVA_INT)).invokeExact() != 0;
      if (!can) {
        return Optional.empty();
      }
      MethodHandle products =
          linker.downcallHandle(
              symbols.findOrThrow("muninnBf16Products"),
              FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS),
              Linker.Option.critical(true)); // results go to the heap, in microseconds
      return Optional.of(new Bf16Library(products));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // built for another machine
    } catch (Throwable e) {
      throw new IllegalStateException(file + " cannot be called", e);
    }
  }

  /**
   * Products of a panel with some lanes.
   *
   * @param panel {@code [pairs, PANEL]} words of two columns
   * @param x {@code [lanes, pairs]} words
   * @param to {@code [lanes, PANEL]}
   */
  void multiply(MemorySegment panel, int pairs, MemorySegment x, int lanes, float[] to) {
    try {
      products.invokeExact(panel, (long) pairs, x, (long) pairs, lanes, MemorySegment.ofArray(to));
    } catch (Throwable e) {
      throw new IllegalStateException("a product failed in " + NAME, e);
    }
  }
}
