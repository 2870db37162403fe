package muninn.kernels.cuda;

import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Launch;
import muninn.kernels.KvSlot;

/**
 * Linear products of many lanes by a matrix library. It multiplies plain matrices, so our kernels
 * ({@code linear_products.cu}) put operands side by side before it and do the rest after it, over
 * float32 products that are kept for a few hundred lanes at a time.
 */
final class LibraryLinears implements AutoCloseable {
  /** Lanes at a time: as many as fill a GPU, so that more would only take more memory. */
  private static final int MOST_LANES = 512;

  /** Of a product that is put down elsewhere: the head's is the widest of all. */
  private static final int MOST_BY_ROW = 128;

  private static final int THREADS = 256;
  private static final int WIDTH_STEP = 8;

  private final Context context;
  private final Kernels kernels;
  private final Gemm gemm;
  private DeviceMemory scratch; // products, or operands side by side

  LibraryLinears(Context context, Kernels kernels, Gemm gemm) {
    this.context = context;
    this.kernels = kernels;
    this.gemm = gemm;
  }

  /** Some lanes of a table. */
  private interface Part {
    void run(int first, int count);
  }

  /** As many lanes as a launch is sized for, and the buffers have rows, in parts. */
  private static void parts(CudaLanes lanes, CudaBuffer x, CudaBuffer out, Part part) {
    parts(MOST_LANES, lanes, x, out, part);
  }

  private static void parts(int most, CudaLanes lanes, CudaBuffer x, CudaBuffer out, Part part) {
    int n = Math.min(lanes.grid().lanes(), Math.min(x.rows(), out.rows()));
    for (int first = 0; first < n; first += most) {
      part.run(first, Math.min(most, n - first));
    }
  }

  void adapter(CudaLanes lanes, CudaBuffer s, CudaBuffer e, CudaWeights weights, CudaBuffer x) {
    int columns = weights.columns();
    long joined = scratch(x, (long) columns * Short.BYTES);
    parts(
        lanes,
        x,
        x,
        (first, count) -> {
          kernels.launch(
              "linear_join_bf16",
              launch(columns / WIDTH_STEP, count),
              lanes,
              first,
              s,
              e,
              s.columns(),
              joined);
          multiply(weights, count, joined, address(x, first));
        });
  }

  void queryKeyValue(
      CudaLanes lanes,
      CudaBuffer x,
      CudaWeights weights,
      CudaBuffer bias,
      CudaBuffer rope,
      CudaSequences sequences,
      CudaKvCache cache,
      KvSlot slot,
      CudaBuffer q) {
    long products = scratch(x, (long) weights.rows() * Float.BYTES);
    parts(
        lanes,
        x,
        q,
        (first, count) -> {
          multiply(weights, count, address(x, first), products);
          kernels.launch(
              "linear_finish_qkv_bf16",
              launch(weights.rows() / 2, count),
              lanes,
              first,
              products,
              bias,
              rope,
              sequences,
              cache,
              slot,
              q);
        });
  }

  void linearAdd(
      CudaLanes lanes, CudaBuffer x, CudaWeights weights, CudaBuffer residual, CudaBuffer out) {
    boolean inPlace = residual.memory().address() == out.memory().address();
    parts(
        lanes,
        x,
        out,
        (first, count) -> {
          GemmShape shape = GemmShape.of(count, weights.rows(), weights.columns());
          gemm.multiply(
              inPlace ? shape.accumulating() : shape,
              address(x, first),
              weights.memory().address(),
              address(out, first));
          if (!inPlace) {
            kernels.launch(
                "linear_finish_add_bf16",
                launch(weights.rows() / 2, count),
                lanes,
                first,
                address(out, first),
                residual,
                out,
                weights.rows());
          }
        });
  }

  void swiglu(CudaLanes lanes, CudaBuffer x, CudaWeights weights, CudaBuffer out) {
    long products = scratch(x, (long) weights.rows() * Float.BYTES);
    parts(
        lanes,
        x,
        out,
        (first, count) -> {
          multiply(weights, count, address(x, first), products);
          kernels.launch(
              "linear_finish_swiglu_bf16",
              launch(out.columns(), count),
              lanes,
              first,
              products,
              out,
              out.columns());
        });
  }

  void linear(CudaLanes lanes, CudaBuffer x, CudaWeights weights, CudaBuffer out) {
    if (out.isByRow()) {
      linearByRow(lanes, x, weights, out);
      return;
    }
    parts(
        lanes,
        x,
        out,
        (first, count) -> multiply(weights, count, address(x, first), address(out, first)));
  }

  private void linearByRow(CudaLanes lanes, CudaBuffer x, CudaWeights weights, CudaBuffer out) {
    long products = scratch(MOST_BY_ROW, x, (long) weights.rows() * Float.BYTES);
    parts(
        MOST_BY_ROW,
        lanes,
        x,
        out,
        (first, count) -> {
          multiply(weights, count, address(x, first), products);
          kernels.launch(
              "linear_finish_store_bf16",
              launch(Math.ceilDiv(weights.rows(), 2), count),
              lanes,
              first,
              products,
              out,
              weights.rows());
        });
  }

  private void multiply(CudaWeights weights, int lanes, long x, long out) {
    GemmShape shape = GemmShape.of(lanes, weights.rows(), weights.columns());
    gemm.multiply(shape, x, weights.memory().address(), out);
  }

  private static Launch launch(int threads, int lanes) {
    return Launch.of(1, THREADS).withGrid(Math.ceilDiv(threads, THREADS), lanes, 1);
  }

  private static long address(CudaBuffer buffer, int row) {
    return buffer.memory().address() + buffer.offset(row);
  }

  /**
   * Memory for as many of the buffer's rows as are worked on at a time. What was there before stays
   * allocated: recordings may use it.
   */
  private long scratch(CudaBuffer rows, long bytesPerRow) {
    return scratch(MOST_LANES, rows, bytesPerRow);
  }

  private long scratch(int most, CudaBuffer rows, long bytesPerRow) {
    long bytes = Math.min(most, rows.rows()) * bytesPerRow;
    if (scratch == null || scratch.bytes() < bytes) {
      scratch = context.allocate(bytes);
    }
    return scratch.address();
  }

  @Override
  public void close() {
    gemm.close();
  }
}
