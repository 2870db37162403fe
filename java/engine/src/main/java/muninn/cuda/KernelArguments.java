package muninn.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/**
 * The arguments of a kernel in native memory, with the array of pointers to them that a launch
 * takes; made once and set before each launch. An argument keeps its value until it is set again.
 */
public final class KernelArguments {
  private final Kernel kernel;
  private final MemoryLayout[] layouts;
  private final Class<?>[] carriers;
  private final long[] offsets;
  private final MemorySegment values;
  private final MemorySegment pointers;

  KernelArguments(Arena arena, Kernel kernel, MemoryLayout... layouts) {
    this.kernel = kernel;
    this.layouts = layouts.clone();
    this.carriers = new Class<?>[layouts.length];
    this.offsets = new long[layouts.length];
    long bytes = 0;
    long alignment = Long.BYTES;
    for (int i = 0; i < layouts.length; i++) {
      long own = layouts[i].byteAlignment();
      alignment = Math.max(alignment, own);
      offsets[i] = (bytes + own - 1) / own * own;
      bytes = offsets[i] + layouts[i].byteSize();
    }
    values = arena.allocate(Math.max(1, bytes), alignment);
    pointers = arena.allocate(ADDRESS, Math.max(1, layouts.length));
    for (int i = 0; i < layouts.length; i++) {
      pointers.setAtIndex(ADDRESS, i, values.asSlice(offsets[i]));
      carriers[i] = layouts[i] instanceof ValueLayout value ? value.carrier() : null;
    }
  }

  /** A pointer to the device's memory, or another 64-bit number. */
  public KernelArguments set(int index, long value) {
    values.set(JAVA_LONG, at(index, long.class), value);
    return this;
  }

  public KernelArguments set(int index, DeviceMemory memory) {
    return set(index, memory.address());
  }

  public KernelArguments set(int index, int value) {
    values.set(JAVA_INT, at(index, int.class), value);
    return this;
  }

  public KernelArguments set(int index, float value) {
    values.set(JAVA_FLOAT, at(index, float.class), value);
    return this;
  }

  /** A struct passed by value; written through the result. */
  public MemorySegment struct(int index) {
    return values.asSlice(offsets[index], layouts[index]);
  }

  private long at(int index, Class<?> type) {
    if (carriers[index] != type) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "argument %d of kernel %s is %s, not %s",
              index,
              kernel.name(),
              layouts[index],
              type));
    }
    return offsets[index];
  }

  Kernel kernel() {
    return kernel;
  }

  /** The void** of a launch. */
  long address() {
    return pointers.address();
  }
}
