package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import muninn.cuda.DeviceMemory;
import muninn.kernels.Format;
import muninn.kernels.KvCache;

/**
 * Keys and values in device memory, in one format: pages of {@code [heads][keys [PAGE, D] | values
 * [PAGE, D]]}, elements in the order of {@code PageRows} ({@code cache.cuh}), and behind them their
 * scales where the format has any, so that one head's part of a page is contiguous. Kernels take it
 * as a struct of its format, which all have the same fields.
 */
record CudaKvCache(DeviceMemory memory, Format format, int heads, int headWidth)
    implements KvCache, Argument {
  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_LONG.withName("pages"), JAVA_INT.withName("heads"), JAVA_INT.withName("width"))
          .withName("KvPages");

  private static final int BLOCK = 32; // elements that rows are filled up to

  static CudaKvCache of(KvCache cache) {
    return (CudaKvCache) cache;
  }

  static long pageBytes(Format format, int heads, int headWidth) {
    int scale = format instanceof Format.Scaled ? Float.BYTES : 0;
    return 2L * heads * PAGE * (rowBytes(format, headWidth) + scale);
  }

  /** What the elements of a head of a position take in a page. */
  static int rowBytes(Format format, int headWidth) {
    return Math.ceilDiv(headWidth, BLOCK) * BLOCK * elementBytes(format);
  }

  /** Whether a head of a position has a scale, which must be known before it is written. */
  boolean isScaled() {
    return format instanceof Format.Scaled;
  }

  /** What stands in the names of kernels for its format, where that is not what they compute in. */
  String suffix() {
    return isScaled() ? "_" + format.label() : "";
  }

  private static int elementBytes(Format format) {
    return switch (format) {
      case Format.Plain(var type) -> type.bytes();
      case Format.Scaled _ -> Byte.BYTES;
      case Format.Coded _ -> throw new IllegalArgumentException(format + " is of weights alone");
    };
  }

  @Override
  public MemoryLayout layout() {
    return LAYOUT;
  }

  @Override
  public void write(MemorySegment at) {
    at.set(JAVA_LONG, 0, memory.address());
    at.set(JAVA_INT, 8, heads);
    at.set(JAVA_INT, 12, headWidth);
  }
}
