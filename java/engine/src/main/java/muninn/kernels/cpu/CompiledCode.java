package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import muninn.UserException;

/**
 * The file of what was compiled for the CPU device ({@code native/cpu}), where it was: {@link
 * CpuLibrary} and {@link PanelLibrary}. Java's own loops do the same to the bit, so nothing needs
 * it.
 */
record CompiledCode(Path file, SymbolLookup symbols) {
  private static final String NAME = "libmuninn-cpu.so";

  /**
   * Opens it.
   *
   * @param folder where it would be
   */
  static Optional<CompiledCode> open(Path folder) {
    Path file = folder.resolve(NAME).toAbsolutePath();
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(new CompiledCode(file, SymbolLookup.libraryLookup(file, Arena.global())));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // built for another machine
    }
  }

  /**
   * One of its functions.
   *
   * @throws UserException where it lacks it
   */
  MethodHandle function(String name, FunctionDescriptor descriptor, Linker.Option... options) {
    return symbols
        .find(name)
        .map(address -> Linker.nativeLinker().downcallHandle(address, descriptor, options))
        .orElseThrow(
            () -> UserException.of("%s is of other sources: run native/build.sh again", file));
  }

  /** What a call throws, though these functions throw nothing. */
  static IllegalStateException failed(Throwable cause) {
    return new IllegalStateException("a function of " + NAME + " cannot be called", cause);
  }
}
