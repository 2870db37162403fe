package muninn.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A native library of the tests' own, compiled from a resource. Every one is a file of its own, so
 * none sees what an earlier one was told.
 */
public class NativeStub {
  private record Source(String resource, List<String> defines) {}

  private static final Map<Source, byte[]> COMPILED = new ConcurrentHashMap<>();

  private final Path path;
  private final SymbolLookup symbols;

  /**
   * @param path where to put it
   * @param resource its source
   * @param defines what it leaves out
   */
  protected NativeStub(Path path, String resource, String... defines) {
    byte[] library =
        COMPILED.computeIfAbsent(new Source(resource, List.of(defines)), NativeStub::compile);
    try {
      this.path = Files.write(path, library);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    symbols = SymbolLookup.libraryLookup(path, Arena.global());
  }

  public Path path() {
    return path;
  }

  /** The calls since this was last asked, a line each: the function, and what it was given. */
  public List<String> calls() {
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

  /** Lets a function fail from now on. */
  public void fail(String function, int code) {
    tell("stub_fail", function, code);
  }

  /** A number that a function of it answers. */
  protected int ask(String function, int... arguments) {
    try {
      List<Object> values = new ArrayList<>();
      MemoryLayout[] layouts = new MemoryLayout[arguments.length];
      for (int i = 0; i < arguments.length; i++) {
        layouts[i] = JAVA_INT;
        values.add(arguments[i]);
      }
      return (int)
          Linker.nativeLinker()
              .downcallHandle(
                  symbols.findOrThrow(function), FunctionDescriptor.of(JAVA_INT, layouts))
              .invokeWithArguments(values);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  protected void tell(String function, Object... arguments) {
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

  private static byte[] compile(Source from) {
    try {
      Path folder = Files.createTempDirectory("muninn-stub");
      Path library = folder.resolve("libstub.so");
      Path source = Path.of(NativeStub.class.getResource(from.resource()).toURI());
      List<String> command =
          new ArrayList<>(List.of("g++", "-std=c++20", "-O1", "-Wall", "-Werror"));
      from.defines().forEach(define -> command.add("-D" + define));
      command.addAll(List.of("-shared", "-fPIC", "-o", library.toString(), source.toString()));
      Gxx.run(command);
      byte[] bytes = Files.readAllBytes(library);
      Files.delete(library);
      Files.delete(folder);
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
