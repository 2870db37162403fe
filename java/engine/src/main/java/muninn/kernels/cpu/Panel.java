package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import muninn.UserException;
import muninn.kernels.DType;
import muninn.kernels.Format;

/**
 * How the weights of a panel lie in memory, and the products that read them there: one
 * implementation a format. A panel is {@link Linear#PANEL} rows of a matrix, two vectors of them,
 * column after column.
 *
 * <p>Each has loops of its own: what is called for every column must be compiled into the loop, and
 * a loop that several formats share is compiled for none. All sum a product in one chain of fused
 * multiply-adds over the columns in order.
 */
sealed interface Panel permits FloatPanel, Bf16Panel {
  /**
   * @throws UserException where the CPU has no products for it
   */
  static Panel of(Format format) {
    return switch (format) {
      case Format.Plain(DType type) when type == DType.F32 -> new FloatPanel();
      case Format.Plain(DType type) when type == DType.BF16 -> new Bf16Panel();
      case Format.Plain _, Format.Scaled _ ->
          throw UserException.of(
              "the CPU does not multiply weights in %s: choose %s or %s",
              format.label(), Format.F32.label(), Format.BF16.label());
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
  record Rows(DType dtype, int first, int count, int columns, MemorySegment data) {
    /** An element, by its row within the panel. */
    float at(int row, int column) {
      return dtype.read(data, (long) (row - first) * columns + column);
    }
  }

  /** Puts rows where they belong in a panel, which is zero at first. */
  void pack(Rows rows, MemorySegment panel, PackingRoom room);

  /** One element, widened. */
  float at(MemorySegment panel, int columns, int row, int column);

  /**
   * All elements, widened, for {@link Plain} loops.
   *
   * @param to {@code [columns, PANEL]}
   */
  void unpack(MemorySegment panel, int columns, float[] to);

  /**
   * Products with one lane.
   *
   * @param x where its operands are, from {@code x0} on
   * @param products {@code [PANEL]}
   */
  void multiply(MemorySegment panel, int columns, float[] x, int x0, float[] products);

  /** Products with four lanes, each weight loaded once; products {@code [4, PANEL]}. */
  void multiply(
      MemorySegment panel,
      int columns,
      float[] x,
      int x0,
      int x1,
      int x2,
      int x3,
      float[] products);
}
