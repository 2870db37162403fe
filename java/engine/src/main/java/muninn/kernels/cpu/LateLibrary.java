package muninn.kernels.cpu;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A library that is opened when it is first asked for: a short answer in float32 is there before
 * anything would be gained by it. For the device's own thread.
 */
final class LateLibrary {
  private final Optional<Path> folder;
  private final boolean bf16;
  private Optional<CpuLibrary> library;
  private boolean opened;

  /**
   * @param folder where it would be
   * @param library one that is open already
   */
  LateLibrary(Optional<Path> folder, boolean bf16, Optional<CpuLibrary> library) {
    this.folder = folder;
    this.bf16 = bf16;
    this.library = library;
    opened = library.isPresent();
  }

  Optional<CpuLibrary> open() {
    if (!opened) {
      opened = true;
      library = folder.flatMap(some -> CpuLibrary.open(some, bf16));
    }
    return library;
  }
}
