package muninn.jcuda;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import jcuda.NativePointerObject;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Stream;

/**
 * Streams and device memory, from JCuda to Muninn and back. Nothing is copied and nobody's duties
 * change: who made a thing closes it, and the other side's view of it ends with it. Both sides work
 * in the GPU's primary context, which is current on the thread that opened ours; JCuda code called
 * on that thread needs no context of its own.
 */
public final class Interop {
  /** JCuda has a constructor for a number only where a pointer may have an offset. */
  private static final VarHandle VALUE = value();

  private Interop() {}

  private static VarHandle value() {
    try {
      return MethodHandles.privateLookupIn(NativePointerObject.class, MethodHandles.lookup())
          .findVarHandle(NativePointerObject.class, "nativePointer", long.class);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a JCuda of another build: its pointers have no nativePointer", e);
    }
  }

  /** Our stream as JCuda knows streams; for its runtime API: {@code new cudaStream_t(…)}. */
  public static CUstream stream(Stream stream) {
    CUstream result = new CUstream();
    VALUE.set(result, stream.handle());
    return result;
  }

  /** A stream that JCuda made. */
  public static Stream stream(Context context, CUstream stream) {
    return context.borrowStream((long) VALUE.get(stream));
  }

  /** Our memory as JCuda knows memory. */
  public static CUdeviceptr memory(DeviceMemory memory) {
    return pointer(memory.address());
  }

  static CUdeviceptr pointer(long address) {
    return new CUdeviceptr().withByteOffset(address);
  }

  /** Memory that JCuda allocated, from where the pointer points, which may be within it. */
  public static DeviceMemory memory(Context context, CUdeviceptr pointer, long bytes) {
    return context.borrowMemory(new Address(pointer).value(), bytes);
  }

  /** Reads what JCuda shows to its own kind only. */
  private static final class Address extends CUdeviceptr {
    Address(CUdeviceptr pointer) {
      super(pointer);
    }

    long value() {
      return getNativePointer() + getByteOffset();
    }
  }
}
