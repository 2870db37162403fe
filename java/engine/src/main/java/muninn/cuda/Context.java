package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedSet;
import java.util.TreeMap;
import muninn.UserException;

/**
 * A GPU opened by one thread, and the maker of everything on it. It is the GPU's primary context,
 * the one that libraries such as cuBLAS and other CUDA code of the process use too. The platform
 * thread that opened it owns it and everything it made; closing it closes what is still open.
 */
public final class Context implements AutoCloseable {
  private static final int PORTABLE = 1;
  private static final int DEVICE_MAPPED = 2;
  private static final int READ_ONLY = 8;
  private static final int NON_BLOCKING = 1;
  private static final int NO_TIMING = 2;
  private static final long SCRATCH_BYTES = 64;

  private final Gpu gpu;
  private final Thread owner;
  private final Arena arena = Arena.ofConfined();
  private final SequencedSet<Handle> open = new LinkedHashSet<>();
  private final LaunchConfig launchConfig;
  private final long handle;
  private boolean closed;

  /** Where the driver leaves its answers. */
  final MemorySegment scratch;

  final Driver driver;
  final Api api;

  Context(Gpu gpu) {
    this.gpu = gpu;
    this.driver = gpu.driver();
    this.api = driver.api();
    this.owner = Thread.currentThread();
    if (owner.isVirtual()) {
      throw new IllegalStateException("a GPU is opened by a platform thread, not a virtual one");
    }
    this.scratch = arena.allocate(SCRATCH_BYTES, Long.BYTES);
    this.launchConfig = new LaunchConfig(arena);
    try {
      driver.check(
          "cuDevicePrimaryCtxRetain", api.primaryCtxRetain(scratch.address(), gpu.device()));
      this.handle = answer();
      int code = api.ctxSetCurrent(handle);
      if (code != 0) {
        api.primaryCtxRelease(gpu.device());
        throw driver.failure("cuCtxSetCurrent", code);
      }
    } catch (Throwable e) {
      arena.close();
      throw e;
    }
  }

  public Gpu gpu() {
    return gpu;
  }

  /** The CUcontext, for other CUDA code of this process. */
  public long handle() {
    checkOwner();
    return handle;
  }

  /** Free and total bytes of the GPU's memory, other programs' share counted. */
  public record Memory(long freeBytes, long totalBytes) {}

  public Memory memory() {
    checkOwner();
    driver.check("cuMemGetInfo", api.memGetInfo(scratch.address(), scratch.address() + Long.BYTES));
    return new Memory(scratch.get(JAVA_LONG, 0), scratch.get(JAVA_LONG, Long.BYTES));
  }

  /**
   * Memory of the device, its contents undefined.
   *
   * @throws UserException with the bytes wanted and had, when there is not so much
   */
  public DeviceMemory allocate(long bytes) {
    checkOwner();
    requirePositive(bytes);
    int code = api.memAlloc(scratch.address(), bytes);
    if (code == Status.OUT_OF_MEMORY) {
      Memory memory = memory();
      throw UserException.of(
          "%s: its memory is full: %s wanted, %s of %s free; end other programs on it (nvidia-smi"
              + " lists them), or take fewer sequences or a smaller model",
          gpu.name(), size(bytes), size(memory.freeBytes()), size(memory.totalBytes()));
    }
    driver.check("cuMemAlloc", code);
    return new DeviceMemory(this, answer(), bytes, true);
  }

  /** Memory of the device that someone else frees, such as a buffer of a JCuda program. */
  public DeviceMemory borrowMemory(long pointer, long bytes) {
    checkOwner();
    requirePositive(bytes);
    return new DeviceMemory(this, pointer, bytes, false);
  }

  /**
   * Host memory that the device reaches by itself: copies run at the bus's speed, and kernels can
   * read and write it.
   *
   * @throws UserException with the bytes wanted, when the system does not give so much
   */
  public PinnedMemory pinned(long bytes) {
    checkOwner();
    requirePositive(bytes);
    int code = api.memHostAlloc(scratch.address(), bytes, PORTABLE | DEVICE_MAPPED);
    if (code == Status.OUT_OF_MEMORY) {
      throw UserException.of(
          "pinned memory: the system does not give %s that the GPU can reach; free memory, or raise"
              + " the limit on locked memory (ulimit -l)",
          size(bytes));
    }
    driver.check("cuMemHostAlloc", code);
    return new PinnedMemory(this, answer(), bytes);
  }

  /**
   * Pins host memory that exists already, such as a mapped file, until the result is closed. For
   * read-only memory the GPU must have {@link Gpu.Attribute#READ_ONLY_HOST_REGISTER_SUPPORTED}.
   *
   * @param host native memory, to outlive the registration
   */
  public RegisteredMemory register(MemorySegment host) {
    checkOwner();
    requireLive(host);
    requirePositive(host.byteSize());
    int flags = PORTABLE | (host.isReadOnly() ? READ_ONLY : 0);
    driver.check("cuMemHostRegister", api.memHostRegister(host.address(), host.byteSize(), flags));
    return new RegisteredMemory(this, host);
  }

  /** A queue of work, independent of all other streams. */
  public Stream stream() {
    checkOwner();
    driver.check("cuStreamCreate", api.streamCreate(scratch.address(), NON_BLOCKING));
    return new Stream(this, answer(), true);
  }

  /** A stream that someone else destroys, such as a {@code CUstream} of a JCuda program. */
  public Stream borrowStream(long stream) {
    checkOwner();
    return new Stream(this, stream, false);
  }

  /** A mark in a stream that can be waited for, and whose time can be asked. */
  public Event event() {
    return event(0, true);
  }

  /** A mark that can only be waited for, which costs the device less. */
  public Event untimedEvent() {
    return event(NO_TIMING, false);
  }

  private Event event(int flags, boolean timed) {
    checkOwner();
    driver.check("cuEventCreate", api.eventCreate(scratch.address(), flags));
    return new Event(this, answer(), timed);
  }

  /**
   * Loads compiled kernels. Of several fatbins those are left out that hold nothing for this GPU,
   * unless that is true of all: some kernels are for some GPUs alone.
   *
   * @param name what the kernels are called in a message, such as their file
   * @param image a fatbin or several one after another, a cubin, or PTX with its terminating zero
   * @throws UserException when none of it suits this GPU or driver, or it is damaged
   */
  public CudaModule module(String name, MemorySegment image) {
    checkOwner();
    return new ModuleLoader(this).load(name, image);
  }

  /** Waits for everything enqueued on any of its streams. */
  public void synchronize() {
    checkOwner();
    driver.check("cuCtxSynchronize", api.ctxSynchronize());
  }

  /**
   * Waits until what was enqueued has used it, closes what is still open, the newest first, and
   * gives the GPU back. The first failure is thrown when all is done.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    checkOwner();
    // Kernels write to pinned memory by themselves, and copies read it: it must not be gone before.
    int waited = open.isEmpty() ? 0 : api.ctxSynchronize();
    RuntimeException failure = waited == 0 ? null : driver.failure("cuCtxSynchronize", waited);
    while (!open.isEmpty()) {
      try {
        open.getLast().close();
      } catch (RuntimeException e) {
        failure = failure == null ? e : failure;
      }
    }
    closed = true;
    api.ctxSetCurrent(0);
    int code = api.primaryCtxRelease(gpu.device());
    arena.close();
    if (failure != null) {
      throw failure;
    }
    driver.check("cuDevicePrimaryCtxRelease", code);
  }

  /** Every use of the context passes here. */
  void checkOwner() {
    if (!owner.equals(Thread.currentThread())) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "thread '%s' uses a GPU that belongs to thread '%s'",
              Thread.currentThread().getName(),
              owner.getName()));
    }
    if (closed) {
      throw new IllegalStateException("the GPU's context is closed");
    }
  }

  /** How many things are open, by the names of their classes: a leak is a number that grows. */
  public Map<String, Integer> handles() {
    checkOwner();
    Map<String, Integer> handles = new TreeMap<>();
    open.forEach(handle -> handles.merge(handle.getClass().getSimpleName(), 1, Integer::sum));
    return handles;
  }

  void add(Handle handle) {
    open.add(handle);
  }

  void remove(Handle handle) {
    open.remove(handle);
  }

  /** The handle or pointer that the last call left. */
  long answer() {
    return scratch.get(JAVA_LONG, 0);
  }

  /** What a query says: done, not yet, or that something before it failed. */
  boolean isDone(String call, int code) {
    if (code == Status.NOT_READY) {
      return false;
    }
    driver.check(call, code);
    return true;
  }

  KernelArguments newArguments(Kernel kernel, MemoryLayout... layouts) {
    return new KernelArguments(arena, kernel, layouts);
  }

  LaunchConfig launchConfig() {
    return launchConfig;
  }

  /** The driver gets an address, so what Java knows of the memory is checked before. */
  static void requireLive(MemorySegment host) {
    if (!host.isNative()) {
      throw new IllegalArgumentException("host memory must be native, not an array on the heap");
    }
    if (!host.scope().isAlive()) {
      throw new IllegalStateException("host memory is freed already");
    }
  }

  private static void requirePositive(long bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "memory of %d bytes; at least 1 wanted", bytes));
    }
  }

  /** Such as {@code 12884901888 bytes (12.0 GiB)}. */
  static String size(long bytes) {
    return String.format(Locale.ROOT, "%d bytes (%.1f GiB)", bytes, bytes / (double) (1L << 30));
  }
}
