package muninn.kernels.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;
import muninn.UserException;
import muninn.kernels.DType;

/**
 * Lays rows out as panels by compiled code ({@code native/cpu/packing.cpp}), to the bit as {@link
 * Panel#pack} does. A checkpoint is loaded once in a process, and most of that time Java would
 * spend on loops that it has not compiled yet.
 */
final class PanelLibrary {
  private static final long NO_MEMORY = -1;

  private final MethodHandle panels;
  private final MethodHandle memory;
  private final MethodHandle free;

  private PanelLibrary(MethodHandle panels, MethodHandle memory, MethodHandle free) {
    this.panels = panels;
    this.memory = memory;
    this.free = free;
  }

  /**
   * Opens it.
   *
   * @param folder where {@link CompiledCode} would be
   */
  static Optional<PanelLibrary> open(Path folder) {
    return CompiledCode.open(folder).map(PanelLibrary::of);
  }

  private static PanelLibrary of(CompiledCode code) {
    FunctionDescriptor longs = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG);
    MethodHandle panels =
        code.function(
            "muninnPanels",
            FunctionDescriptor.of(
                JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                ADDRESS, JAVA_LONG));
    return new PanelLibrary(
        panels,
        code.function("muninnPanelMemory", longs),
        code.function("muninnFreePanelMemory", longs));
  }

  /** Whether it knows panels of a format. */
  static boolean knows(Panel panel) {
    return !(layout(panel) instanceof CodedPanel);
  }

  private static Panel layout(Panel panel) {
    return panel instanceof CompiledPanel compiled ? compiled.layout() : panel;
  }

  /**
   * Memory of zeros for panels and what goes with them, until the arena is closed; none where the
   * CPU lacks what panels are made with.
   *
   * @throws UserException when there is not so much
   */
  Optional<MemorySegment> memory(Arena arena, long bytes) {
    try {
      long address = (long) memory.invokeExact((long) Linear.PANEL, bytes);
      if (address == NO_MEMORY) {
        throw UserException.of(
            "weights and keys take %,d bytes of memory more, and this machine has not got them: use"
                + " a smaller model, weights in fewer bits, or less memory for keys (--kv-memory)",
            bytes);
      }
      return address == 0
          ? Optional.empty()
          : Optional.of(MemorySegment.ofAddress(address).reinterpret(bytes, arena, this::free));
    } catch (UserException e) {
      throw e;
    } catch (Throwable e) {
      throw CompiledCode.failed(e);
    }
  }

  private void free(MemorySegment all) {
    try {
      long _ = (long) free.invokeExact(all.address(), all.byteSize());
    } catch (Throwable e) {
      throw CompiledCode.failed(e);
    }
  }

  /**
   * Puts rows where they belong in panels, which are zero at first.
   *
   * @param rows plain ones; {@link Panel.Rows#first} counts from the first panel's first
   * @param to the panels, one behind the other
   * @return whether all elements are numbers
   */
  boolean pack(Panel panel, Panel.Rows rows, MemorySegment to) {
    try {
      int numbers =
          (int)
              panels.invokeExact(
                  Linear.PANEL,
                  type(rows.dtype()),
                  number(layout(panel)),
                  rows.data(),
                  (long) rows.first(),
                  (long) rows.count(),
                  (long) rows.columns(),
                  to,
                  to.byteSize());
      return numbers != 0;
    } catch (Throwable e) {
      throw CompiledCode.failed(e);
    }
  }

  private static int type(DType type) {
    return switch (type) {
      case F32 -> 0;
      case BF16 -> 1;
      case F16 -> 2;
    };
  }

  /** By class, not by a switch over patterns, whose class is made when it is first met. */
  private static int number(Panel layout) {
    return layout instanceof FloatPanel ? 0 : layout instanceof Bf16Panel ? 1 : 2;
  }
}
