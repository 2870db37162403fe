package muninn.kernels.cuda;

import muninn.UserException;
import muninn.cuda.Context;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.DType;
import muninn.kernels.Op;

/**
 * Root-mean-square norms ({@code norms.cu}). How a row is shared among threads depends on its width
 * alone, so that a lane's norm is the same in every tick.
 */
final class Norms {
  private static final int VECTOR = 4;
  private static final int WARP = 32;
  // Vectors that a thread takes of a row of Huginn's d = 5280: 3 by 448 threads, and never more.
  private static final int FEW_THREADS = 512;
  private static final int MOST_VECTORS = 3;
  private static final int MOST_THREADS = 1024;
  private static final int MOST_COLUMNS = MOST_THREADS * MOST_VECTORS * VECTOR;

  private final Kernels kernels;

  Norms(Context context, Stream stream, Kernels kernels) {
    this.kernels = kernels;
    Abi abi = new Abi(context, stream, kernels, "norms");
    abi.check("THREADS", MOST_THREADS);
    abi.check("HELD", MOST_VECTORS);
  }

  Prepared prepare(Op.Norm op) {
    CudaBuffer x = CudaBuffer.of(op.x());
    CudaBuffer out = CudaBuffer.of(op.out());
    int d = out.columns();
    int threads = threads(d);
    Kernels.Call call =
        kernels.onLanes(
            kernels.typed("norm_" + kind(x) + "_" + kind(out)),
            x,
            x.byRowFlag(),
            CudaBuffer.of(op.weight()),
            op.eps(),
            residual(op),
            out,
            out.byRowFlag(),
            d);
    return lanes -> call.launch(Launch.of(lanes.grid().lanes(), threads), lanes);
  }

  Prepared prepare(Op.NormPair op) {
    Op.Norm first = op.first();
    Op.Norm second = op.second();
    int d = second.out().columns();
    int threads = threads(d);
    Kernels.Call call =
        kernels.onLanes(
            kernels.typed("norm_norm"),
            CudaBuffer.of(first.x()),
            CudaBuffer.of(first.weight()),
            first.eps(),
            residual(first),
            CudaBuffer.of(first.out()),
            CudaBuffer.of(second.weight()),
            second.eps(),
            CudaBuffer.of(second.out()),
            d);
    return lanes -> call.launch(Launch.of(lanes.grid().lanes(), threads), lanes);
  }

  private static String kind(CudaBuffer buffer) {
    return buffer.dtype() == DType.F32 ? "float" : "operand";
  }

  /** Its memory, or the null pointer. */
  private static Object residual(Op.Norm op) {
    return op.residual() == null ? (Object) 0L : CudaBuffer.of(op.residual());
  }

  /** Threads of a lane's block. */
  static int threads(int d) {
    if (d > MOST_COLUMNS) {
      throw UserException.of(
          "the CUDA device cannot run a model of width %d: its norms take up to %d; run the model"
              + " on the CPU (device=cpu)",
          d, MOST_COLUMNS);
    }
    int vectors = Math.ceilDiv(d, VECTOR);
    int each = Math.min(MOST_VECTORS, Math.ceilDiv(vectors, FEW_THREADS));
    return Math.ceilDiv(Math.ceilDiv(vectors, each), WARP) * WARP;
  }
}
