package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;

/**
 * A matrix in device memory as the copy engine of sm_90 takes boxes of it (a CUtensorMap): bfloat16
 * elements, rows behind one another, units of 16 bytes swizzled within 128 in shared memory. It is
 * passed to a kernel by value, and means nothing once the memory is freed.
 */
public final class TensorMap {
  /** As a parameter of a kernel. */
  public static final MemoryLayout LAYOUT =
      MemoryLayout.structLayout(MemoryLayout.sequenceLayout(16, JAVA_LONG)).withByteAlignment(64);

  // What cuTensorMapEncodeTiled takes.
  private static final int BFLOAT16 = 9;
  private static final int ELEMENT_BYTES = 2;
  private static final int NO_INTERLEAVE = 0;
  private static final int SWIZZLE_128 = 3;
  private static final int PROMOTE_128 = 2;
  private static final int ZEROS_OUTSIDE = 0;

  private final MemorySegment encoded;

  private TensorMap(MemorySegment encoded) {
    this.encoded = encoded;
  }

  /**
   * Encodes one.
   *
   * @param address of the matrix, a multiple of 16
   * @param columns a multiple of 8
   * @param boxRows of a copy, at most 256
   * @param boxColumns of a copy, at most 64
   */
  public static TensorMap of(
      Context context, long address, int rows, int columns, int boxRows, int boxColumns) {
    context.checkOwner();
    MemorySegment encoded = Arena.ofAuto().allocate(LAYOUT);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment dimensions = arena.allocateFrom(JAVA_LONG, columns, rows);
      MemorySegment pitch = arena.allocateFrom(JAVA_LONG, (long) columns * ELEMENT_BYTES);
      MemorySegment box = arena.allocateFrom(JAVA_INT, boxColumns, boxRows);
      MemorySegment steps = arena.allocateFrom(JAVA_INT, 1, 1);
      int code =
          context.api.tensorMapEncodeTiled(
              encoded.address(),
              BFLOAT16,
              2,
              address,
              dimensions.address(),
              pitch.address(),
              box.address(),
              steps.address(),
              NO_INTERLEAVE,
              SWIZZLE_128,
              PROMOTE_128,
              ZEROS_OUTSIDE);
      context.driver.check("cuTensorMapEncodeTiled", code);
    }
    return new TensorMap(encoded);
  }

  /** Writes it to the argument block of a launch. */
  public void write(MemorySegment at) {
    at.copyFrom(encoded);
  }
}
