package muninn.cuda;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** The emulated device as the build left it, for tests. */
public final class Emulated {
  private Emulated() {}

  public static Driver driver() {
    return Driver.open(library());
  }

  /**
   * When work runs that is enqueued: at once; when somebody waits for it; or likewise, but other
   * streams as early as their waits for events allow. Holds for the whole process.
   */
  public enum Order {
    AT_ONCE,
    LATE,
    RACING;

    /** From now on, until it is closed: then at once, as ever. */
    public Chosen choose() {
      choose(ordinal());
      return () -> choose(AT_ONCE.ordinal());
    }

    private static void choose(int order) {
      SymbolLookup symbols = SymbolLookup.libraryLookup(library(), Arena.global());
      MethodHandle call =
          Linker.nativeLinker()
              .downcallHandle(
                  symbols.findOrThrow("muninnEmulatedOrder"),
                  FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
      try {
        call.invokeExact(order);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** An order that holds until it is closed. */
  @FunctionalInterface
  public interface Chosen extends AutoCloseable {
    @Override
    void close();
  }

  static Path library() {
    return built("libmuninn-emulated.so");
  }

  /** The kernels that the device's own tests use. */
  static CudaModule selftest(Context context) {
    try (Arena arena = Arena.ofConfined()) {
      return context.module("selftest.so", image("selftest.so", arena));
    }
  }

  /** An image of kernels for it: {@code kernels.so} are the engine's. */
  public static MemorySegment image(String name, Arena arena) {
    try (FileChannel file = FileChannel.open(built(name))) {
      return file.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), arena);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file of {@code native/target}; without a compiler the test is skipped by name. */
  private static Path built(String name) {
    String folder = System.getProperty("muninn.native");
    if (folder == null) {
      return fail("run by Maven, or with -Dmuninn.native=<repository>/native/target");
    }
    Path file = Path.of(folder, name);
    if (!Files.isRegularFile(file)) {
      Gxx.require();
      fail(file + " is not there: run native/build.sh");
    }
    return file;
  }
}
