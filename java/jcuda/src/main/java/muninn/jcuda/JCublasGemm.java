package muninn.jcuda;

import static jcuda.cudaDataType.CUDA_R_16BF;
import static jcuda.cudaDataType.CUDA_R_32F;
import static jcuda.jcublas.cublasComputeType.CUBLAS_COMPUTE_32F;
import static jcuda.jcublas.cublasGemmAlgo.CUBLAS_GEMM_DEFAULT;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import jcuda.Pointer;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;
import muninn.UserException;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Stream;
import muninn.kernels.cuda.Gemm;
import muninn.kernels.cuda.GemmShape;

/**
 * Products by cuBLAS 12 through JCublas. cuBLAS chooses how to compute them; a first run of a shape
 * loads what that takes, so that it can be recorded afterwards.
 */
final class JCublasGemm implements Gemm {
  /** What NVIDIA recommends for an H100; without it cuBLAS would allocate into graphs. */
  private static final long WORKSPACE_BYTES = 32L << 20;

  private final Context context;
  private final Stream stream;
  private final String name;
  private final DeviceMemory workspace;
  private final cublasHandle handle = new cublasHandle();
  private final Pointer zero = number(0);
  private final Pointer one = number(1);
  private final Set<GemmShape> prepared = new HashSet<>();
  private boolean closed;

  JCublasGemm(Context context, Stream stream, String library) {
    this.context = context;
    this.stream = stream;
    workspace = context.allocate(WORKSPACE_BYTES);
    boolean created = false;
    try {
      check("cublasCreate", JCublas2.cublasCreate(handle));
      created = true;
      // A new stream takes the workspace back, so it comes first.
      check(
          "cublasSetStream",
          JCublas2.cublasSetStream(handle, new cudaStream_t(Interop.stream(stream))));
      check(
          "cublasSetWorkspace",
          JCublas2.cublasSetWorkspace(handle, Interop.memory(workspace), WORKSPACE_BYTES));
      int[] version = new int[1];
      check("cublasGetVersion", JCublas2.cublasGetVersion(handle, version));
      name =
          String.format(
              Locale.ROOT,
              "cuBLAS %d.%d.%d through JCublas (%s)",
              version[0] / 10_000,
              version[0] / 100 % 100,
              version[0] % 100,
              library);
    } catch (Throwable e) {
      if (created) {
        JCublas2.cublasDestroy(handle);
      }
      workspace.close();
      throw e;
    }
  }

  /** In memory that stays where it is. */
  private static Pointer number(float value) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(Float.BYTES).order(ByteOrder.nativeOrder());
    return Pointer.to(buffer.putFloat(0, value));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void prepare(GemmShape shape) {
    if (prepared.contains(shape)) {
      return;
    }
    requireNotRecording(shape);
    try (DeviceMemory x = zeros(shape.xBytes());
        DeviceMemory w = zeros(shape.wBytes());
        DeviceMemory out = zeros(shape.outBytes())) {
      enqueue(shape, x.address(), w.address(), out.address());
      stream.synchronize();
    }
    prepared.add(shape);
  }

  private DeviceMemory zeros(long bytes) {
    DeviceMemory memory = context.allocate(bytes);
    stream.fill(memory, 0, bytes, (byte) 0);
    return memory;
  }

  @Override
  public void multiply(GemmShape shape, long x, long w, long addend, long out) {
    GemmShape.requireAligned(x, w, addend, out);
    if (shape.accumulate() && addend != out) { // cuBLAS adds to what the result holds
      stream.copy(addend, out, shape.outBytes());
    }
    boolean first = !prepared.contains(shape);
    if (first) {
      requireNotRecording(shape);
    }
    enqueue(shape, x, w, out);
    if (first) {
      prepared.add(shape);
    }
  }

  private void requireNotRecording(GemmShape shape) {
    if (stream.isCapturing()) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "%s is recorded before it was prepared, and cannot be tried out now",
              shape));
    }
  }

  /**
   * cuBLAS thinks in columns, where our rows are columns of the transposed matrix: out^T [n, m] =
   * (w^T)^T [n, k] · x^T [k, m].
   */
  private void enqueue(GemmShape shape, long x, long w, long out) {
    check(
        "cublasGemmEx",
        JCublas2.cublasGemmEx_new(
            handle,
            CUBLAS_OP_T,
            CUBLAS_OP_N,
            shape.n(),
            shape.m(),
            shape.k(),
            one,
            Interop.pointer(w),
            CUDA_R_16BF,
            shape.wPitch(),
            Interop.pointer(x),
            CUDA_R_16BF,
            shape.xPitch(),
            shape.accumulate() ? one : zero,
            Interop.pointer(out),
            shape.rounded() ? CUDA_R_16BF : CUDA_R_32F,
            shape.n(),
            CUBLAS_COMPUTE_32F,
            CUBLAS_GEMM_DEFAULT));
  }

  private void check(String call, int status) {
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw UserException.of(
          "%s of cuBLAS 12 failed with %s; take gemm=cublaslt or own",
          call, cublasStatus.stringFor(status));
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      int status = JCublas2.cublasDestroy(handle);
      workspace.close();
      check("cublasDestroy", status);
    }
  }
}
