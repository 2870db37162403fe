package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import muninn.kernels.Format;
import muninn.kernels.Stored;
import muninn.kernels.Weights;

/**
 * A weight matrix {@code [rows, columns]} laid out for streaming: panels of {@link Linear#PANEL}
 * rows, column after column, {@code [rows / PANEL, columns, PANEL]}, the last panel filled up with
 * zeros. A vector of one column then holds one weight of each row, so every product is summed over
 * the columns in order and none needs a sum across a vector. How a panel holds them is its format's
 * affair ({@link Panel}).
 *
 * <p>The panels live outside the heap, a few together in memory that the thread takes which fills
 * them: taking that of a large matrix at once would clear it on one thread and send it through the
 * caches twice.
 */
final class CpuWeights implements Weights {
  private static final int ALIGNMENT = 64;
  private static final long CHUNK_BYTES = 512 << 10;

  final Panel panel;
  private final MemorySegment[] panels;
  private final int rows;
  private final int columns;

  private CpuWeights(Panel panel, int rows, int columns) {
    this.panel = panel;
    this.rows = rows;
    this.columns = columns;
    panels = new MemorySegment[Math.ceilDiv(rows, Linear.PANEL)];
  }

  static CpuWeights of(Weights weights) {
    return (CpuWeights) weights;
  }

  static CpuWeights pack(
      Workers workers, Arena arena, Stored stored, Format format, Optional<CpuLibrary> library) {
    Panel panel = Panel.of(format, library);
    CpuWeights packed = new CpuWeights(panel, stored.rows(), stored.columns());
    packed.pack(workers, arena, stored.towards(format));
    return packed;
  }

  /** A panel's rows are read into a thread's own scratch, which the second-level cache holds. */
  private void pack(Workers workers, Arena arena, Stored stored) {
    long bytes = panel.bytes(columns);
    long scratchBytes = Linear.PANEL * stored.rowBytes();
    ThreadLocal<PackingRoom> room = ThreadLocal.withInitial(() -> new PackingRoom(scratchBytes));
    int together = (int) Math.max(1, CHUNK_BYTES / bytes);
    workers.run(
        Math.ceilDiv(panels.length, together),
        chunk -> {
          int first = chunk * together;
          int count = Math.min(together, panels.length - first);
          MemorySegment memory = arena.allocate(count * bytes, ALIGNMENT);
          for (int i = 0; i < count; i++) {
            panels[first + i] = memory.asSlice(i * bytes, bytes);
            pack(stored, first + i, room.get());
          }
        });
  }

  private void pack(Stored stored, int index, PackingRoom room) {
    int first = index * Linear.PANEL;
    stored.read(
        first,
        Math.min(Linear.PANEL, rows - first),
        room.data,
        (piece, row, count, data) ->
            panel.pack(
                new Panel.Rows(piece.format(), row - first, count, columns, data),
                panels[index],
                room));
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

  /** A panel, as {@link #panel} reads it. */
  MemorySegment panel(int index) {
    return panels[index];
  }

  /** One element, widened. */
  float at(int row, int column) {
    return panel.at(panels[row / Linear.PANEL], columns, row % Linear.PANEL, column);
  }
}
