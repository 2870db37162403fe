package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Memory that the system gives in huge pages where it has them, for large matrices, which stream
 * through the caches at every step, and for keys and values beside them: looking up where small
 * pages lie costs a good part of that time, and at their ends a processor stops fetching ahead.
 * What is asked for lies one behind the other in regions, since a huge page is larger than most of
 * it. It comes from {@link PanelLibrary}, opened when the first large matrix comes.
 */
final class LargeMemory {
  static final long REGION_BYTES = 64L << 20;
  private static final int ALIGNMENT = 64;

  private final Arena arena;
  private final Optional<Path> folder;
  private Optional<PanelLibrary> library = Optional.empty();
  private boolean lookedFor;
  private MemorySegment left = MemorySegment.NULL; // of a region

  /**
   * @param arena of the memory
   * @param folder where the library would be; none: there is none
   */
  LargeMemory(Arena arena, Optional<Path> folder) {
    this.arena = arena;
    this.folder = folder;
  }

  synchronized Optional<PanelLibrary> library() {
    if (!lookedFor) {
      lookedFor = true;
      library = folder.flatMap(PanelLibrary::open);
    }
    return library;
  }

  /**
   * Memory of zeros for a matrix, or some pages of keys and values; none without the library.
   *
   * @throws muninn.UserException when there is not so much
   */
  synchronized Optional<MemorySegment> memory(long bytes) {
    long aligned = Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    if (aligned >= REGION_BYTES) {
      return library().flatMap(found -> found.memory(arena, bytes));
    }
    if (left.byteSize() < aligned) {
      left = library().flatMap(found -> found.memory(arena, REGION_BYTES)).orElse(left);
    }
    if (left.byteSize() < aligned) {
      return Optional.empty();
    }
    MemorySegment taken = left.asSlice(0, bytes);
    left = left.asSlice(aligned);
    return Optional.of(taken);
  }

  /**
   * The same beside large matrices, whatever its size: none before the first of these.
   *
   * @throws muninn.UserException when there is not so much
   */
  synchronized Optional<MemorySegment> beside(long bytes) {
    return library.isPresent() ? memory(bytes) : Optional.empty();
  }
}
