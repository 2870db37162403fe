package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** One GPU of a driver, as far as it can be known without opening it. For every thread. */
public final class Gpu {
  private static final int NAME_BYTES = 256;

  private final Driver driver;
  private final int ordinal;
  private final int device;

  Gpu(Driver driver, int ordinal, int device) {
    this.driver = driver;
    this.ordinal = ordinal;
    this.device = device;
  }

  /** What can be asked of a GPU. */
  public enum Attribute {
    MAX_THREADS_PER_BLOCK(1),
    SHARED_BYTES_PER_BLOCK(8),
    WARP_SIZE(10),
    REGISTERS_PER_BLOCK(12),
    CLOCK_KILOHERTZ(13),
    MULTIPROCESSORS(16),
    INTEGRATED(18),
    PCI_BUS(33),
    PCI_DEVICE(34),
    MEMORY_CLOCK_KILOHERTZ(36),
    MEMORY_BUS_BITS(37),
    L2_BYTES(38),
    THREADS_PER_MULTIPROCESSOR(39),
    COPY_ENGINES(40),
    PCI_DOMAIN(50),
    CAPABILITY_MAJOR(75),
    CAPABILITY_MINOR(76),
    SHARED_BYTES_PER_MULTIPROCESSOR(81),
    REGISTERS_PER_MULTIPROCESSOR(82),
    COOPERATIVE_LAUNCH(95),
    /** What a kernel may ask for with {@link Kernel#allowSharedBytes}. */
    MAX_SHARED_BYTES_PER_BLOCK(97),
    HOST_REGISTER_SUPPORTED(99),
    BLOCKS_PER_MULTIPROCESSOR(106),
    READ_ONLY_HOST_REGISTER_SUPPORTED(113);

    private final int code;

    Attribute(int code) {
      this.code = code;
    }

    /** The CUdevice_attribute. */
    int code() {
      return code;
    }
  }

  /**
   * Opens it for the calling thread, which owns it from then on.
   *
   * @throws muninn.UserException when another process keeps the GPU for itself, or it is faulty
   */
  public Context open() {
    return new Context(this);
  }

  /** Its place in the driver's list. */
  public int ordinal() {
    return ordinal;
  }

  /** Such as {@code NVIDIA H100 80GB HBM3}. */
  public String name() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(NAME_BYTES);
      driver.check(
          "cuDeviceGetName", driver.api().deviceGetName(name.address(), NAME_BYTES, device));
      return name.getString(0);
    }
  }

  /** What the driver says; 0 or 1 of what is there or not. */
  public int attribute(Attribute attribute) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_INT);
      driver.check(
          "cuDeviceGetAttribute",
          driver.api().deviceGetAttribute(out.address(), attribute.code(), device));
      return out.get(JAVA_INT, 0);
    }
  }

  /** All of its memory, free or not. */
  public long totalBytes() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      driver.check("cuDeviceTotalMem", driver.api().deviceTotalMem(out.address(), device));
      return out.get(JAVA_LONG, 0);
    }
  }

  /** The compute capability, ten times its number: 90 on an H100. */
  public int capability() {
    return 10 * attribute(Attribute.CAPABILITY_MAJOR) + attribute(Attribute.CAPABILITY_MINOR);
  }

  /** Such as {@code NVIDIA H100 80GB HBM3 (sm_90)}. */
  @Override
  public String toString() {
    return name() + " (sm_" + capability() + ")";
  }

  /** The driver that it was found through. */
  public Driver driver() {
    return driver;
  }

  int device() {
    return device;
  }
}
