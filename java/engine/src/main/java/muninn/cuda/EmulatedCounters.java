package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * What the emulated device does beyond a driver: it counts what kernels do, launch by launch, and
 * claims to be a larger GPU, so that work is cut as on one. Both hold for the whole process.
 */
public final class EmulatedCounters {
  private static final MethodHandle COUNT =
      Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT));
  private static final MethodHandle TELL =
      Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(JAVA_LONG));
  private static final MethodHandle CLAIM =
      Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(JAVA_INT, JAVA_LONG));

  private final MemorySegment count;
  private final MemorySegment tell;
  private final MemorySegment claim;

  private EmulatedCounters(SymbolLookup symbols) {
    count = symbols.find("muninnEmulatedCount").orElseThrow();
    tell = symbols.find("muninnEmulatedCounts").orElseThrow();
    claim = symbols.find("muninnEmulatedClaim").orElseThrow();
  }

  /** Empty for a GPU's driver. */
  static Optional<EmulatedCounters> of(SymbolLookup symbols) {
    return symbols.find("muninnEmulatedCount").map(_ -> new EmulatedCounters(symbols));
  }

  /**
   * Counts from the next launch on.
   *
   * @param blocks of each launch that are looked at
   * @param alone whether the other blocks do not even run: quick, but results are not to be used
   */
  public void begin(int blocks, boolean alone) {
    call(blocks, alone ? 1 : 0);
    tell();
  }

  /** Ends it: a JSON array, an object a launch; native/README.md describes it. */
  public String end() {
    call(0, 0);
    return tell();
  }

  /**
   * From the next device that is opened on; 0: what the environment says.
   *
   * @param bytes of memory
   */
  public void claim(int multiprocessors, long bytes) {
    try {
      CLAIM.invokeExact(claim, multiprocessors, bytes);
    } catch (Throwable thrown) {
      throw Api.unexpected(thrown);
    }
  }

  private void call(int blocks, int alone) {
    try {
      COUNT.invokeExact(count, blocks, alone);
    } catch (Throwable thrown) {
      throw Api.unexpected(thrown);
    }
  }

  private String tell() {
    try {
      return Api.text((long) TELL.invokeExact(tell));
    } catch (Throwable thrown) {
      throw Api.unexpected(thrown);
    }
  }
}
