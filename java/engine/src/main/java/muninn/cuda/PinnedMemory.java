package muninn.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Host memory that the device reaches by itself; see {@link Context#pinned}. */
public final class PinnedMemory extends Handle {
  private final Arena arena = Arena.ofShared();
  private final MemorySegment segment;
  private final long deviceAddress;

  PinnedMemory(Context context, long pointer, long bytes) {
    super(context, pointer, true);
    segment = MemorySegment.ofAddress(pointer).reinterpret(bytes, arena, null);
    context.driver.check(
        "cuMemHostGetDevicePointer",
        context.api.memHostGetDevicePointer(context.scratch.address(), pointer, 0));
    deviceAddress = context.answer();
  }

  /** Its contents, for every thread; using them after close is refused. */
  public MemorySegment segment() {
    return segment;
  }

  /** Where kernels find it. */
  public long deviceAddress() {
    value();
    return deviceAddress;
  }

  @Override
  void release(long pointer) {
    arena.close();
    context.driver.check("cuMemFreeHost", context.api.memFreeHost(pointer));
  }
}
