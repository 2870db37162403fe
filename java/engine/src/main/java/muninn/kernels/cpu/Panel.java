package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import muninn.UserException;
import muninn.kernels.CodedRows;
import muninn.kernels.DType;
import muninn.kernels.Format;

/**
 * How the weights of a panel lie in memory, and the products that read them there: one
 * implementation a format. A panel is {@link Linear#PANEL} rows of a matrix, two vectors of them,
 * column after column.
 *
 * <p>Each has loops of its own: what is called for every column must be compiled into the loop, and
 * a loop that several formats share is compiled for none.
 */
sealed interface Panel permits NumberPanel, CodedPanel, Bf16PairPanel, CompiledPanel {
  /**
   * @param library multiplies weights of bfloat16 and codes, where there is one
   * @throws UserException where the CPU has no products for it
   */
  static Panel of(Format format, Optional<CpuLibrary> library) {
    Panel own = of(format);
    if (library.isEmpty() || own instanceof FloatPanel) {
      return own;
    }
    boolean pairs = own instanceof Bf16Panel && library.get().instructions().takesWords();
    return new CompiledPanel(pairs ? new Bf16PairPanel() : own, library.get());
  }

  private static Panel of(Format format) {
    return switch (format) {
      case Format.Plain(DType type) when type == DType.F32 -> new FloatPanel();
      case Format.Plain(DType type) when type == DType.BF16 -> new Bf16Panel();
      case Format.Plain _, Format.Scaled _ ->
          throw UserException.of(
              "the CPU does not multiply weights in %s: choose %s or %s",
              format.label(), Format.F32.label(), Format.BF16.label());
      case Format.Coded coded ->
          switch (coded.encoding()) {
            case INT8 -> new Int8Panel(coded);
            case INT4 -> new Int4Panel(coded);
            case FP8 -> new Fp8Panel(coded);
          };
    };
  }

  Format format();

  /** What a panel takes. */
  long bytes(int columns);

  /**
   * Some rows of a panel as they are stored, one below the other.
   *
   * @param first of them, counted within the panel
   * @param data {@code [count, columns]}
   */
  record Rows(Format format, int first, int count, int columns, MemorySegment data) {
    /** Of plain rows. */
    DType dtype() {
      return ((Format.Plain) format).type();
    }

    /** An element of plain rows, by its row within the panel. */
    float at(int row, int column) {
      return dtype().read(data, (long) (row - first) * columns + column);
    }

    CodedRows coded() {
      return new CodedRows((Format.Coded) format, columns, data);
    }
  }

  /** Puts rows where they belong in a panel, which is zero at first. */
  void pack(Rows rows, MemorySegment panel, PackingRoom room);

  /** One element, widened. */
  float at(MemorySegment panel, int columns, int row, int column);
}
