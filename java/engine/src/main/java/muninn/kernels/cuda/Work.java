package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import muninn.cuda.DeviceMemory;

/**
 * Struct Work of {@code linear.cu}: which lanes a launch is for, and where its blocks leave what
 * others add up.
 */
record Work(int firstLane, DeviceMemory partials, DeviceMemory arrived) implements Argument {
  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_INT.withName("firstLane"),
              MemoryLayout.paddingLayout(Integer.BYTES),
              JAVA_LONG.withName("partials"),
              JAVA_LONG.withName("arrived"))
          .withName("Work");

  @Override
  public MemoryLayout layout() {
    return LAYOUT;
  }

  @Override
  public void write(MemorySegment at) {
    at.set(JAVA_INT, 0, firstLane);
    at.set(JAVA_LONG, 8, partials.address());
    at.set(JAVA_LONG, 16, arrived.address());
  }
}
