package muninn.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A driver that only remembers what it was asked, compiled from {@code cuda/stub.cpp}. Every one is
 * a file of its own, so none sees what an earlier one was told.
 */
final class Stub {
  private static final Map<List<String>, byte[]> COMPILED = new ConcurrentHashMap<>();

  private final Path path;
  private final SymbolLookup symbols;

  /**
   * @param defines OLD or PARTIAL, or none
   */
  Stub(Path folder, String... defines) {
    byte[] library = COMPILED.computeIfAbsent(List.of(defines), Stub::compile);
    try {
      path = Files.createTempFile(folder, "libstub", ".so");
      Files.write(path, library);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    symbols = SymbolLookup.libraryLookup(path, Arena.global());
  }

  Path path() {
    return path;
  }

  Driver open() {
    return Driver.open(path);
  }

  /** The calls since this was last asked, a line each: the function, and what it was given. */
  List<String> calls() {
    try {
      MemorySegment text =
          (MemorySegment)
              Linker.nativeLinker()
                  .downcallHandle(symbols.findOrThrow("stub_calls"), FunctionDescriptor.of(ADDRESS))
                  .invoke();
      return text.reinterpret(Long.MAX_VALUE).getString(0).lines().toList();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  void fail(String function, int code) {
    tell("stub_fail", function, code);
  }

  void version(int version) {
    tell("stub_version", version);
  }

  void devices(int count) {
    tell("stub_devices", count);
  }

  void memory(long free, long total) {
    tell("stub_memory", free, total);
  }

  void report(String report) {
    tell("stub_report", report);
  }

  void jitLog(String log) {
    tell("stub_jit_log", log);
  }

  int layout(int index) {
    try {
      return (int)
          Linker.nativeLinker()
              .downcallHandle(
                  symbols.findOrThrow("stub_layout"), FunctionDescriptor.of(JAVA_INT, JAVA_INT))
              .invoke(index);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private void tell(String function, Object... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      List<MemoryLayout> layouts = new ArrayList<>();
      List<Object> values = new ArrayList<>();
      for (Object argument : arguments) {
        layouts.add(
            switch (argument) {
              case Integer _ -> JAVA_INT;
              case Long _ -> JAVA_LONG;
              default -> ADDRESS;
            });
        values.add(argument instanceof String text ? arena.allocateFrom(text) : argument);
      }
      Linker.nativeLinker()
          .downcallHandle(
              symbols.findOrThrow(function),
              FunctionDescriptor.ofVoid(layouts.toArray(MemoryLayout[]::new)))
          .invokeWithArguments(values);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] compile(List<String> defines) {
    try {
      Path folder = Files.createTempDirectory("muninn-stub");
      Path source = folder.resolve("stub.cpp");
      Path library = folder.resolve("libstub.so");
      try (InputStream in = Stub.class.getResourceAsStream("/cuda/stub.cpp")) {
        Files.copy(in, source);
      }
      List<String> command =
          new ArrayList<>(List.of("g++", "-std=c++20", "-O1", "-Wall", "-Werror"));
      defines.forEach(define -> command.add("-D" + define));
      command.addAll(List.of("-shared", "-fPIC", "-o", library.toString(), source.toString()));
      Gxx.run(command);
      byte[] bytes = Files.readAllBytes(library);
      Files.delete(library);
      Files.delete(source);
      Files.delete(folder);
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
