package muninn.cuda;

import java.util.Objects;

/** A piece of the device's memory: an address for kernels, and a size that copies are held to. */
public final class DeviceMemory extends Handle {
  private final long bytes;

  DeviceMemory(Context context, long pointer, long bytes, boolean owned) {
    super(context, pointer, owned);
    this.bytes = bytes;
  }

  /** The CUdeviceptr. */
  public long address() {
    return value();
  }

  public long bytes() {
    return bytes;
  }

  /** A part of it, which does not outlive it; closing the part frees nothing. */
  public DeviceMemory slice(long offset, long bytes) {
    return new DeviceMemory(context, at(offset, bytes), bytes, false);
  }

  /** The address of {@code bytes} bytes from {@code offset} on, which must lie within. */
  long at(long offset, long bytes) {
    return value() + Objects.checkFromIndexSize(offset, bytes, this.bytes);
  }

  @Override
  void release(long pointer) {
    context.driver.check("cuMemFree", context.api.memFree(pointer));
  }
}
