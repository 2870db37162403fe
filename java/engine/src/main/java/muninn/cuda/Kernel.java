package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.util.Locale;

/** A kernel of a loaded module: what it needs, and how many blocks of it fit. */
public final class Kernel {
  private static final int MAX_DYNAMIC_SHARED_BYTES = 8;
  private static final int PREFERRED_SHARED_PERCENT = 9;

  private final CudaModule module;
  private final Context context;
  private final String name;
  private final long handle;

  Kernel(CudaModule module, String name, long handle) {
    this.module = module;
    this.context = module.context;
    this.name = name;
    this.handle = handle;
  }

  /** What can be asked of a kernel. */
  public enum Attribute {
    MAX_THREADS_PER_BLOCK(0),
    /** Static shared memory; what a launch asks for comes on top. */
    SHARED_BYTES(1),
    CONSTANT_BYTES(2),
    /** Memory that each thread takes for spilled registers and arrays. */
    LOCAL_BYTES(3),
    REGISTERS(4),
    PTX_VERSION(5),
    /** Ten times the compute capability its code was built for. */
    BINARY_VERSION(6),
    MAX_DYNAMIC_SHARED_BYTES(8);

    private final int code;

    Attribute(int code) {
      this.code = code;
    }

    /** The CUfunction_attribute. */
    int code() {
      return code;
    }
  }

  /** As its module has it. */
  public String name() {
    return name;
  }

  /** What the driver says, for the GPU that its module was loaded on. */
  public int attribute(Attribute attribute) {
    long function = handle();
    check(
        "cuFuncGetAttribute",
        context.api.funcGetAttribute(context.scratch.address(), attribute.code(), function));
    return context.scratch.get(JAVA_INT, 0);
  }

  /** Lets launches ask for so much dynamic shared memory; beyond 48 KiB this is needed. */
  public void allowSharedBytes(int bytes) {
    set(MAX_DYNAMIC_SHARED_BYTES, bytes);
  }

  /**
   * Wishes as much as possible of the memory that is cache or shared memory to be the latter.
   * Blocks of two kernels run on a multiprocessor at a time only if both are well with one such
   * division.
   */
  public void preferSharedMemory() {
    set(PREFERRED_SHARED_PERCENT, 100);
  }

  private void set(int attribute, int value) {
    check("cuFuncSetAttribute", context.api.funcSetAttribute(handle(), attribute, value));
  }

  /** Blocks that run on a multiprocessor at a time. */
  public int blocksPerMultiprocessor(int threads, int sharedBytes) {
    long function = handle();
    check(
        "cuOccupancyMaxActiveBlocksPerMultiprocessor",
        context.api.maxActiveBlocks(context.scratch.address(), function, threads, sharedBytes));
    return context.scratch.get(JAVA_INT, 0);
  }

  /**
   * A block for its arguments, to be set and launched any number of times.
   *
   * @param layouts the parameters' types in order
   * @throws IllegalArgumentException when the kernel takes others, as far as the driver tells
   */
  public KernelArguments arguments(MemoryLayout... layouts) {
    KernelArguments arguments = context.newArguments(this, layouts);
    if (context.api.hasFuncGetParamInfo()) {
      checkParameters(layouts);
    }
    return arguments;
  }

  private void checkParameters(MemoryLayout... layouts) {
    for (int i = 0; i < layouts.length; i++) {
      long bytes = parameterBytes(i);
      if (bytes != layouts[i].byteSize()) {
        throw new IllegalArgumentException(
            bytes < 0
                ? String.format(
                    Locale.ROOT, "kernel %s takes %d arguments, not %d", name, i, layouts.length)
                : String.format(
                    Locale.ROOT,
                    "argument %d of kernel %s has %d bytes, not %d",
                    i,
                    name,
                    bytes,
                    layouts[i].byteSize()));
      }
    }
    if (parameterBytes(layouts.length) >= 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "kernel %s takes more arguments than %d", name, layouts.length));
    }
  }

  /** The size of a parameter, -1 beyond the last. */
  private long parameterBytes(int index) {
    long scratch = context.scratch.address();
    int code = context.api.funcGetParamInfo(handle(), index, scratch, scratch + Long.BYTES);
    if (code == Status.INVALID_VALUE) {
      return -1;
    }
    check("cuFuncGetParamInfo", code);
    return context.scratch.get(JAVA_LONG, Long.BYTES);
  }

  private void check(String call, int code) {
    if (code != 0) {
      throw context.driver.failure(call + " of " + name, code);
    }
  }

  /** The CUfunction. */
  public long handle() {
    module.value();
    return handle;
  }
}
