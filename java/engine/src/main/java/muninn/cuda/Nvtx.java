package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Names for stretches of the host's time that NVIDIA's profilers show beside the GPU's, through the
 * toolkit's NVTX library where the machine has it. Where it has none, or the library is another
 * than it says, ranges do nothing: nobody who profiles by other means need know. For one thread.
 */
public final class Nvtx {
  /** A folder to look in first, such as the toolkit's {@code lib64}. */
  private static final String FOLDER = "MUNINN_NVTX";

  /** As the toolkit of CUDA 13 calls it, and as those before do. */
  private static final List<String> NAMES =
      List.of("libnvtx3interop.so.1", "libnvToolsExt.so.1", "libnvtx3interop.so");

  private static final MethodHandle PUSH =
      Linker.nativeLinker()
          .downcallHandle(FunctionDescriptor.of(JAVA_INT, JAVA_LONG)); // const char*
  private static final MethodHandle POP =
      Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(JAVA_INT));

  /** The end of a range. */
  public interface Range extends AutoCloseable {
    @Override
    void close();
  }

  private static final Range NOTHING = () -> {};

  private final MemorySegment push; // null without a library
  private final MemorySegment pop;
  private final Range end;
  private final Arena arena = Arena.ofAuto();
  private final Map<String, MemorySegment> names = new HashMap<>();

  private Nvtx(MemorySegment push, MemorySegment pop) {
    this.push = push;
    this.pop = pop;
    end = push == null ? NOTHING : this::pop;
  }

  /**
   * Ranges of the library in the folder that {@code MUNINN_NVTX} names, or else of the one that the
   * system's loader finds.
   *
   * @throws muninn.UserException when the variable names what is no folder
   */
  public static Nvtx open() {
    return open(LibraryFolder.named(System.getenv(), FOLDER, NAMES));
  }

  /** The same with another folder to look in first; null for none. */
  static Nvtx open(Path folder) {
    return open(folder, NAMES);
  }

  static Nvtx open(Path folder, List<String> names) {
    Stream<SymbolLookup> named =
        folder == null
            ? Stream.empty()
            : names.stream()
                .map(name -> folder.resolve(name).toAbsolutePath())
                .filter(Files::isRegularFile)
                .flatMap(file -> load(() -> SymbolLookup.libraryLookup(file, Arena.global())));
    Stream<SymbolLookup> found =
        names.stream()
            .flatMap(name -> load(() -> SymbolLookup.libraryLookup(name, Arena.global())));
    return Stream.concat(named, found)
        .flatMap(symbols -> of(symbols).stream())
        .findFirst()
        .orElseGet(() -> new Nvtx(null, null));
  }

  private static Stream<SymbolLookup> load(Supplier<SymbolLookup> library) {
    try {
      return Stream.of(library.get());
    } catch (IllegalArgumentException e) {
      return Stream.empty(); // not there, or none
    }
  }

  private static Optional<Nvtx> of(SymbolLookup symbols) {
    Optional<MemorySegment> pop = symbols.find("nvtxRangePop");
    return symbols.find("nvtxRangePushA").flatMap(push -> pop.map(found -> new Nvtx(push, found)));
  }

  /** Whether anybody could see the ranges. */
  public boolean present() {
    return push != null;
  }

  /** Begins a range on the calling thread, within those that have not ended. */
  public Range range(String name) {
    if (push != null) {
      MemorySegment text = names.computeIfAbsent(name, arena::allocateFrom);
      try {
        int _ = (int) PUSH.invokeExact(push, text.address()); // how deep, negative unheard
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }
    return end;
  }

  private void pop() {
    try {
      int _ = (int) POP.invokeExact(pop);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
