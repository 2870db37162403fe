package muninn.kernels.cuda;

import muninn.cuda.Context;
import muninn.cuda.Launch;
import muninn.kernels.Format;
import muninn.kernels.Weights;

/**
 * The bfloat16 numbers of one coded matrix at a time, as our own products make them ({@code
 * decode.cu}): a matrix library knows no codes. Room for the largest is taken when matrices are, so
 * that what is left for keys and values is known.
 */
final class Decoded {
  private static final int THREADS = 256;
  private static final int EACH = 8; // columns of a thread
  private static final int MOST_ROWS = 65_535; // of a grid

  private final Kernels kernels;
  private final SharedRoom numbers;

  Decoded(Context context, Kernels kernels) {
    this.kernels = kernels;
    numbers = new SharedRoom(context);
  }

  /** What the numbers of a matrix take; nothing where it is made of them. */
  static long bytes(Weights weights) {
    return weights.format() instanceof Format.Coded
        ? Format.BF16.bytes(weights.rows(), weights.columns())
        : 0;
  }

  /** Takes room for the numbers of a matrix. */
  void reserve(CudaWeights weights) {
    numbers.reserve(bytes(weights));
  }

  /** What makes numbers of a matrix. */
  Matrix of(CudaWeights weights) {
    reserve(weights);
    return new Matrix(weights);
  }

  /** A matrix whose numbers are made anew for each product. */
  final class Matrix {
    private final Kernels.Call call;
    private final Launch launch;
    private final long address;

    private Matrix(CudaWeights weights) {
      int rows = weights.rows();
      String name = "decode" + CudaWeights.suffix(weights.format());
      address = numbers.use();
      call = kernels.call(name, weights, rows, address);
      launch =
          Launch.of(1, THREADS)
              .withGrid(
                  Math.ceilDiv(weights.columns() / EACH, THREADS), Math.min(rows, MOST_ROWS), 1);
    }

    /** Enqueues it; where the numbers are until the next matrix is decoded. */
    long decode() {
      call.launch(launch);
      return address;
    }
  }
}
