package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import muninn.kernels.Format;
import muninn.kernels.Weights;

/**
 * A weight matrix {@code [rows, columns]} laid out for streaming: panels of {@link Linear#PANEL}
 * rows, column after column, {@code [rows / PANEL, columns, PANEL]}, the last panel filled up with
 * zeros. A vector of one column then holds one weight of each row, so every product is summed over
 * the columns in order and none needs a sum across a vector. How a panel holds them is its format's
 * affair ({@link Panel}), laying them out {@link Packer}'s.
 */
final class CpuWeights implements Weights {
  final Panel panel;
  private final MemorySegment[] panels;
  private final int rows;
  private final int columns;

  /** Of panels that are still to be set. */
  CpuWeights(Panel panel, int rows, int columns) {
    this.panel = panel;
    this.rows = rows;
    this.columns = columns;
    panels = new MemorySegment[Math.ceilDiv(rows, Linear.PANEL)];
  }

  static CpuWeights of(Weights weights) {
    return (CpuWeights) weights;
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
  public Format format() {
    return panel.format();
  }

  /** As it is stored here, without what fills up the last panel. */
  @Override
  public long bytes() {
    return panel.bytes(columns) * rows / Linear.PANEL;
  }

  /** How many there are. */
  int panels() {
    return panels.length;
  }

  /** Rows of a panel, fewer in the last. */
  int rowsOf(int panel) {
    return Math.min(Linear.PANEL, rows - panel * Linear.PANEL);
  }

  /** Rows of some consecutive panels. */
  int rowsOf(int from, int end) {
    return Math.min(end * Linear.PANEL, rows) - from * Linear.PANEL;
  }

  /** Where those end that lie one behind the other from some panel on, at the latest at a limit. */
  int endOfRun(int from, int limit) {
    long bytes = panel.bytes(columns);
    int end = from + 1;
    while (end < limit && panels[end].address() == panels[end - 1].address() + bytes) {
      end++;
    }
    return end;
  }

  /** What all panels take. */
  long memoryBytes() {
    return panels.length * panel.bytes(columns);
  }

  /** Where a panel lies, as {@link #panel} reads it. */
  void set(int index, MemorySegment memory) {
    panels[index] = memory;
  }

  /** A panel, as {@link #panel} reads it. */
  MemorySegment panel(int index) {
    return panels[index];
  }

  /** One element, widened. */
  float at(int row, int column) {
    return panel.at(panels[row / Linear.PANEL], columns, row % Linear.PANEL, column);
  }
}
