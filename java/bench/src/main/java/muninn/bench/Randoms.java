package muninn.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Weights;

/**
 * Numbers from −1 to 1, the same in every run, in the memory of a device. They pass through shared
 * arenas, since the device's own threads read them.
 */
final class Randoms {
  private final Device device;
  private final SplittableRandom random = new SplittableRandom(1);

  Randoms(Device device) {
    this.device = device;
  }

  Weights weights(DType dtype, int rows, int columns) {
    try (Arena arena = Arena.ofShared()) {
      return device.weights(dtype, rows, columns, elements(arena, dtype, rows, columns));
    }
  }

  Buffer table(int rows, int columns) {
    try (Arena arena = Arena.ofShared()) {
      return device.table(DType.F32, rows, columns, elements(arena, DType.F32, rows, columns));
    }
  }

  private MemorySegment elements(Arena arena, DType dtype, int rows, int columns) {
    long count = (long) rows * columns;
    MemorySegment data = arena.allocate(count * dtype.bytes());
    for (long i = 0; i < count; i++) {
      float value = (float) random.nextDouble(-1, 1);
      switch (dtype) {
        case F32 -> data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        case BF16 ->
            data.setAtIndex(
                ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(value) >>> 16));
        case F16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
      }
    }
    return data;
  }
}
