package muninn.cuda;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** One CUlaunchConfig, written anew for every launch that has attributes. */
final class LaunchConfig {
  /** CUlaunchConfig. */
  static final StructLayout CONFIG =
      MemoryLayout.structLayout(
          JAVA_INT.withName("gridDimX"),
          JAVA_INT.withName("gridDimY"),
          JAVA_INT.withName("gridDimZ"),
          JAVA_INT.withName("blockDimX"),
          JAVA_INT.withName("blockDimY"),
          JAVA_INT.withName("blockDimZ"),
          JAVA_INT.withName("sharedMemBytes"),
          MemoryLayout.paddingLayout(4),
          JAVA_LONG.withName("hStream"),
          ADDRESS.withName("attrs"),
          JAVA_INT.withName("numAttrs"),
          MemoryLayout.paddingLayout(4));

  /** CUlaunchAttribute; its value is a union of 64 bytes. */
  static final StructLayout ATTRIBUTE =
      MemoryLayout.structLayout(
          JAVA_INT.withName("id"),
          MemoryLayout.paddingLayout(4),
          MemoryLayout.sequenceLayout(16, JAVA_INT).withName("value"));

  private static final int MOST_ATTRIBUTES = 8;
  private static final long VALUE = ATTRIBUTE.byteOffset(groupElement("value"));
  private static final long VALUE_BYTES = ATTRIBUTE.byteSize() - VALUE;

  private static final long GRID_X = offset("gridDimX");
  private static final long GRID_Y = offset("gridDimY");
  private static final long GRID_Z = offset("gridDimZ");
  private static final long BLOCK_X = offset("blockDimX");
  private static final long BLOCK_Y = offset("blockDimY");
  private static final long BLOCK_Z = offset("blockDimZ");
  private static final long SHARED = offset("sharedMemBytes");
  private static final long STREAM = offset("hStream");

  private static final long COUNT = offset("numAttrs");

  private final MemorySegment block;
  private final MemorySegment attributes;

  LaunchConfig(Arena arena) {
    block = arena.allocate(CONFIG);
    attributes = arena.allocate(ATTRIBUTE, MOST_ATTRIBUTES);
    block.set(ADDRESS, offset("attrs"), attributes);
  }

  /** The block for a launch of that size, with its attributes, on a stream. */
  long of(Launch launch, long stream) {
    int count = launch.attributes().size();
    for (int i = 0; i < count; i++) {
      write(launch.attributes().get(i), i * ATTRIBUTE.byteSize());
    }
    block.set(JAVA_INT, COUNT, count);
    block.set(JAVA_INT, GRID_X, launch.gridX());
    block.set(JAVA_INT, GRID_Y, launch.gridY());
    block.set(JAVA_INT, GRID_Z, launch.gridZ());
    block.set(JAVA_INT, BLOCK_X, launch.blockX());
    block.set(JAVA_INT, BLOCK_Y, launch.blockY());
    block.set(JAVA_INT, BLOCK_Z, launch.blockZ());
    block.set(JAVA_INT, SHARED, launch.sharedBytes());
    block.set(JAVA_LONG, STREAM, stream);
    return block.address();
  }

  private void write(LaunchAttribute attribute, long at) {
    attributes.set(JAVA_INT, at, attribute.id());
    attributes.asSlice(at + VALUE, VALUE_BYTES).fill((byte) 0);
    for (int word = 0; word < attribute.value().size(); word++) {
      attributes.set(JAVA_INT, at + VALUE + 4L * word, attribute.value().get(word));
    }
  }

  private static long offset(String field) {
    return CONFIG.byteOffset(groupElement(field));
  }
}
