package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What large matrices are laid out with and into: {@link PanelLibrary}, opened when the first of
 * them comes, and memory that the system gives in huge pages where it has them. Weights stream
 * through the caches at every step, and looking up where small pages lie costs a good part of that
 * time; matrices follow one another in regions, since a huge page is larger than many of them.
 *
 * <p>Of one thread at a time.
 */
final class LargePanels {
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
  LargePanels(Arena arena, Optional<Path> folder) {
    this.arena = arena;
    this.folder = folder;
  }

  Optional<PanelLibrary> library() {
    if (!lookedFor) {
      lookedFor = true;
      library = folder.flatMap(PanelLibrary::open);
    }
    return library;
  }

  /** Whether the library is there already, so that matrices of any size gain by it. */
  boolean opened() {
    return library.isPresent();
  }

  /**
   * Memory of zeros for a matrix; none without the library.
   *
   * @throws muninn.UserException when there is not so much
   */
  Optional<MemorySegment> memory(long bytes) {
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
}
