package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import muninn.kernels.Stored;

/**
 * Lays stored matrices out as panels, on all threads: by {@link PanelLibrary} where it is there and
 * this matrix or an earlier one is large, by Java's loops otherwise. A thread reads some rows into
 * its own scratch, which the second-level cache holds, and turns them from there.
 *
 * <p>Panels live outside the heap, those of large matrices in memory of the library's. Otherwise a
 * few share memory that the thread takes which fills them: taking all of it from an arena at once
 * would clear it on one thread and send it through the caches twice.
 */
final class Packer {
  private static final int ALIGNMENT = 64;
  private static final long CHUNK_BYTES = 512 << 10;

  /** Opening the library takes as long as Java's loops take for so many bytes. */
  private static final long LARGE = 4 << 20;

  private final Workers workers;
  private final Arena arena;
  private final LargeMemory largeMemory;
  private final long large;
  private final ThreadLocal<MemorySegment> scratch =
      ThreadLocal.withInitial(() -> MemorySegment.NULL);

  /**
   * @param arena of the panels
   * @param largeMemory those of large matrices, and the library
   */
  Packer(Workers workers, Arena arena, LargeMemory largeMemory) {
    this(workers, arena, largeMemory, LARGE);
  }

  /** For tests: the library for matrices of at least so many bytes. */
  Packer(Workers workers, Arena arena, LargeMemory largeMemory, long large) {
    this.workers = workers;
    this.arena = arena;
    this.large = large;
    this.largeMemory = largeMemory;
  }

  CpuWeights pack(Stored stored, Panel panel) {
    CpuWeights packed = new CpuWeights(panel, stored.rows(), stored.columns());
    Stored towards = stored.towards(panel.format());
    Optional<MemorySegment> memory =
        stored.rows() * stored.rowBytes() >= large
            ? largeMemory.memory(packed.memoryBytes())
            : largeMemory.beside(packed.memoryBytes());
    if (memory.isPresent() && PanelLibrary.knows(panel)) {
      pack(largeMemory.library().orElseThrow(), memory.get(), towards.unchecked(), packed);
    } else {
      pack(memory, towards, packed);
    }
    return packed;
  }

  private void pack(PanelLibrary library, MemorySegment memory, Stored stored, CpuWeights packed) {
    Panel panel = packed.panel;
    int columns = stored.columns();
    long bytes = panel.bytes(columns);
    int panels = packed.panels();
    int together = together(Linear.PANEL * stored.rowBytes());
    workers.run(
        Math.ceilDiv(panels, together),
        chunk -> {
          int first = chunk * together;
          int count = Math.min(together, panels - first);
          MemorySegment to = memory.asSlice(first * bytes, count * bytes);
          for (int i = 0; i < count; i++) {
            packed.set(first + i, to.asSlice(i * bytes, bytes));
          }
          int row = first * Linear.PANEL;
          int rows = Math.min(count * Linear.PANEL, stored.rows() - row);
          stored.read(
              row,
              rows,
              scratch(rows * stored.rowBytes()),
              (piece, from, n, data) -> {
                if (!library.pack(
                    panel, new Panel.Rows(piece.format(), from - row, n, columns, data), to)) {
                  piece.bytes().check(data);
                }
              });
        });
  }

  private MemorySegment scratch(long bytes) {
    if (scratch.get().byteSize() < bytes) {
      scratch.set(Arena.ofAuto().allocate(Math.max(bytes, CHUNK_BYTES), Long.BYTES));
    }
    return scratch.get();
  }

  private static int together(long panelBytes) {
    return (int) Math.max(1, CHUNK_BYTES / panelBytes);
  }

  private void pack(Optional<MemorySegment> all, Stored stored, CpuWeights packed) {
    long bytes = packed.panel.bytes(stored.columns());
    long scratchBytes = Linear.PANEL * stored.rowBytes();
    ThreadLocal<PackingRoom> room = ThreadLocal.withInitial(() -> new PackingRoom(scratchBytes));
    int together = together(bytes);
    int panels = packed.panels();
    workers.run(
        Math.ceilDiv(panels, together),
        chunk -> {
          int first = chunk * together;
          int count = Math.min(together, panels - first);
          MemorySegment memory =
              all.map(some -> some.asSlice(first * bytes, count * bytes))
                  .orElseGet(() -> arena.allocate(count * bytes, ALIGNMENT));
          for (int i = 0; i < count; i++) {
            packed.set(first + i, memory.asSlice(i * bytes, bytes));
            pack(stored, packed, first + i, room.get());
          }
        });
  }

  private static void pack(Stored stored, CpuWeights packed, int index, PackingRoom room) {
    int first = index * Linear.PANEL;
    stored.read(
        first,
        Math.min(Linear.PANEL, stored.rows() - first),
        room.data,
        (piece, row, count, data) ->
            packed.panel.pack(
                new Panel.Rows(piece.format(), row - first, count, stored.columns(), data),
                packed.panel(index),
                room));
  }
}
