package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Fatbins that lie one after another, as {@code kernels-cu/build.sh} leaves them: one for each
 * kernel file. The driver reads one, whose length stands in its header.
 */
final class Fatbins {
  /** Of the header: magic number, version (2 bytes), its own length (2), that of the rest (8). */
  private static final int MAGIC = 0xBA55ED50;

  private static final long HEADER_BYTES = 16;

  private Fatbins() {}

  /** Its fatbins; the image itself where it is something else, or damaged: the driver says what. */
  static List<MemorySegment> split(MemorySegment image) {
    List<MemorySegment> fatbins = new ArrayList<>();
    long at = 0;
    while (at < image.byteSize()) {
      long left = image.byteSize() - at;
      if (left < HEADER_BYTES || image.get(JAVA_INT.withByteAlignment(1), at) != MAGIC) {
        return List.of(image);
      }
      long header = Short.toUnsignedLong(image.get(JAVA_SHORT.withByteAlignment(1), at + 6));
      long rest = image.get(JAVA_LONG.withByteAlignment(1), at + 8);
      if (header < HEADER_BYTES || rest < 0 || rest > left - header) {
        return List.of(image);
      }
      fatbins.add(image.asSlice(at, header + rest));
      at += header + rest;
    }
    return fatbins.isEmpty() ? List.of(image) : fatbins;
  }
}
