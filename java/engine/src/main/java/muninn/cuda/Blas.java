package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * cuBLASLt on one GPU: what {@link Matmul}s are made from, and the workspace they share. Without a
 * workspace of ours the library would allocate by itself, even into a graph; since it is shared,
 * products may be enqueued on one stream only, or on streams that wait for each other.
 */
public final class Blas extends Handle {
  /** What NVIDIA recommends for an H100; other GPUs need less. */
  public static final long WORKSPACE_BYTES = 32L << 20;

  private final Arena arena = Arena.ofConfined();
  private final DeviceMemory workspace;
  final CublasLt library;
  final MemorySegment zero = arena.allocateFrom(JAVA_FLOAT, 0F);
  final MemorySegment one = arena.allocateFrom(JAVA_FLOAT, 1F);

  private Blas(CublasLt library, Context context, long handle, DeviceMemory workspace) {
    super(context, handle, true);
    this.library = library;
    this.workspace = workspace;
  }

  static Blas open(CublasLt library, Context context) {
    context.checkOwner();
    DeviceMemory workspace = context.allocate(WORKSPACE_BYTES);
    try (Arena local = Arena.ofConfined()) {
      MemorySegment out = local.allocate(JAVA_LONG);
      library.check("cublasLtCreate", library.api.create(out.address()));
      return new Blas(library, context, out.get(JAVA_LONG, 0), workspace);
    } catch (Throwable e) {
      workspace.close();
      throw e;
    }
  }

  /**
   * A product of one shape, with what the library proposes for it.
   *
   * @param rounded whether the result is bfloat16, else float32
   * @param candidates how many ways to compute it to ask for
   */
  public Matmul matmul(
      int m, int n, int k, int xPitch, int wPitch, boolean rounded, int candidates) {
    return Matmul.of(this, m, n, k, xPitch, wPitch, rounded, candidates);
  }

  public CublasLt library() {
    return library;
  }

  long workspace() {
    return workspace.address();
  }

  @Override
  void release(long handle) {
    int status = library.api.destroy(handle);
    arena.close();
    workspace.close();
    library.check("cublasLtDestroy", status);
  }
}
