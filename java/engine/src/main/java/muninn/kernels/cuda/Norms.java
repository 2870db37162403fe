package muninn.kernels.cuda;

import muninn.UserException;
import muninn.cuda.Launch;
import muninn.kernels.DType;

/**
 * Root-mean-square norms ({@code norms.cu}). How a row is shared among threads depends on its width
 * alone, so that a lane's norm is the same in every tick.
 */
final class Norms {
  private static final int VECTOR = 4;
  private static final int WARP = 32;
  // Vectors that a thread takes of a row of Huginn's d = 5280: 3 by 448 threads; at most 4.
  private static final int FEW_THREADS = 512;
  private static final int MOST_VECTORS = 4;
  private static final int MOST_COLUMNS = 768 * MOST_VECTORS * VECTOR;

  private final Kernels kernels;

  Norms(Kernels kernels) {
    this.kernels = kernels;
  }

  void norm(CudaLanes lanes, CudaBuffer x, CudaBuffer weight, float eps, CudaBuffer out) {
    launch("norm", lanes, x, weight, eps, out);
  }

  void gather(CudaLanes lanes, CudaBuffer x, CudaBuffer weight, float eps, CudaBuffer out) {
    launch("norm_gather", lanes, x, weight, eps, out);
  }

  private void launch(
      String name, CudaLanes lanes, CudaBuffer x, CudaBuffer weight, float eps, CudaBuffer out) {
    int d = out.columns();
    String writes = out.dtype() == DType.F32 ? "_float" : "";
    kernels.launch(kernels.typed(name + writes), launch(lanes, d), lanes, x, weight, eps, out, d);
  }

  void normNorm(
      CudaLanes lanes,
      CudaBuffer y,
      CudaBuffer after,
      CudaBuffer x,
      CudaBuffer before,
      float eps,
      CudaBuffer out) {
    int d = out.columns();
    kernels.launch(
        kernels.typed("norm_norm"), launch(lanes, d), lanes, y, after, x, before, eps, out, d);
  }

  /** A block a lane. */
  private static Launch launch(CudaLanes lanes, int d) {
    if (d > MOST_COLUMNS) {
      throw UserException.of(
          "the CUDA device cannot run a model of width %d: its norms take up to %d; run the model"
              + " on the CPU (device=cpu)",
          d, MOST_COLUMNS);
    }
    int vectors = Math.ceilDiv(d, VECTOR);
    int each = Math.min(MOST_VECTORS, Math.ceilDiv(vectors, FEW_THREADS));
    int threads = Math.ceilDiv(Math.ceilDiv(vectors, each), WARP) * WARP;
    return Launch.of(lanes.grid().lanes(), threads);
  }
}
