package muninn.jcuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A cuBLAS 12 that computes by plain loops, compiled from {@code cublas.cpp}. A process has one at
 * most: JCublas binds to the first it sees.
 */
final class CublasStub {
  static final String LIBRARY = "libcublas.so.12";

  private static CublasStub only;

  private final Path folder;
  private final SymbolLookup symbols;

  private CublasStub() {
    try {
      folder = Files.createTempDirectory("muninn-cublas");
      Path library = folder.resolve(LIBRARY);
      Emulated.gxx(
          "-std=c++20",
          "-O1",
          "-Wall",
          "-Werror",
          "-shared",
          "-fPIC",
          "-Wl,-soname," + LIBRARY,
          "-I" + System.getProperty("muninn.stubs"),
          "-o",
          library.toString(),
          Path.of(CublasStub.class.getResource("/cublas.cpp").getPath()).toString());
      symbols = SymbolLookup.libraryLookup(library, Arena.global());
      // The last one named goes first.
      folder.toFile().deleteOnExit();
      library.toFile().deleteOnExit();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment driver = arena.allocateFrom(Emulated.library().toString());
      call("stub_driver", FunctionDescriptor.ofVoid(ADDRESS), driver);
    }
  }

  static synchronized CublasStub stub() {
    if (only == null) {
      only = new CublasStub();
    }
    return only;
  }

  Path folder() {
    return folder;
  }

  /** The products since this was last asked, and what was wrong with them. */
  List<String> calls() {
    MemorySegment text = (MemorySegment) call("stub_calls", FunctionDescriptor.of(ADDRESS));
    return text.reinterpret(Long.MAX_VALUE).getString(0).lines().toList();
  }

  /** Lets a function fail from now on; none: {@code fail("", 0)}. */
  void fail(String function, int code) {
    try (Arena arena = Arena.ofConfined()) {
      call(
          "stub_fail",
          FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT),
          arena.allocateFrom(function),
          code);
    }
  }

  /** Handles created and not destroyed. */
  int living() {
    return (int) call("stub_living", FunctionDescriptor.of(JAVA_INT));
  }

  private Object call(String function, FunctionDescriptor descriptor, Object... arguments) {
    try {
      return Linker.nativeLinker()
          .downcallHandle(symbols.findOrThrow(function), descriptor)
          .invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
