package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import muninn.kernels.Format;

/**
 * A panel that a library multiplies, as one of Java's lays it out.
 *
 * @param layout of bfloat16 or of codes
 */
record CompiledPanel(Panel layout, CpuLibrary library) implements Panel {
  @Override
  public Format format() {
    return layout.format();
  }

  @Override
  public long bytes(int columns) {
    return layout.bytes(columns);
  }

  @Override
  public void pack(Rows rows, MemorySegment panel, PackingRoom room) {
    layout.pack(rows, panel, room);
  }

  @Override
  public float at(MemorySegment panel, int columns, int row, int column) {
    return layout.at(panel, columns, row, column);
  }

  /**
   * Products of some panels, one behind the other, with some lanes.
   *
   * @param x of so many lanes, {@code step} words or numbers apart
   * @param rows of the panels
   */
  void multiply(
      MemorySegment panels,
      int columns,
      MemorySegment x,
      int step,
      int lanes,
      int rows,
      CpuLibrary.Out out) {
    library.multiply(format(), panels, bytes(columns), columns, x, step, lanes, rows, out);
  }
}
