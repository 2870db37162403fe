package muninn.kernels.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import muninn.cuda.Context;
import muninn.cuda.Launch;
import muninn.kernels.Buffer;
import muninn.kernels.Format;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;
import muninn.kernels.Op.Source;

/**
 * Linear products of many lanes by a matrix library. It multiplies plain matrices, so our kernels
 * ({@code linear_products.cu}) put operands side by side before it and do the rest after it, over
 * products that are kept for some lanes at a time. A residual is the library's to add. What becomes
 * an operand of the next product is rounded already as a product, which is half the bytes to write
 * and to read.
 */
final class LibraryLinears implements AutoCloseable {
  /** Lanes at a time: weights are read once for so many, and more would only take more memory. */
  private static final int MOST_LANES = 2048;

  /** Of a product that is put down elsewhere: the head's is the widest of all. */
  private static final int MOST_BY_ROW = 128;

  private static final int THREADS = 256;
  private static final int WIDTH_STEP = 8;

  // Arguments of the kernels, behind the lane table.
  private static final int FIRST_LANE = 1;
  private static final int PRODUCTS = 2;
  private static final int JOINED = 5;

  private final Kernels kernels;
  private final Gemm gemm;
  private final Decoded decoded;
  private final SharedRoom scratch; // products, or operands side by side

  LibraryLinears(Context context, Kernels kernels, Gemm gemm) {
    this.kernels = kernels;
    this.gemm = gemm;
    decoded = new Decoded(context, kernels);
    scratch = new SharedRoom(context);
  }

  /** Takes the room that products of a matrix will need besides scratch. */
  void reserve(CudaWeights weights) {
    if (weights.format() instanceof Format.Coded) {
      decoded.reserve(weights);
    }
  }

  Prepared prepare(Op.Product op) {
    return new Product(op);
  }

  /** What a product takes of the room that all have one after another. */
  static long scratchBytes(Op.Product op) {
    boolean joins = op.in() instanceof Source.Joined;
    if (!joins && !viaScratch(op.then())) {
      return 0;
    }
    int columns = joins ? op.weights().columns() : op.weights().rows();
    int elementBytes = joins || rounds(op.then()) ? Short.BYTES : Float.BYTES;
    return (long) Math.min(most(op.then()), rows(op)) * columns * elementBytes;
  }

  /** Whether products are put down by a kernel of ours, from where the library leaves them. */
  private static boolean viaScratch(Epilogue then) {
    return switch (then) {
      case Epilogue.Store(Buffer out) -> out.isByRow();
      case Epilogue.Add _ -> false;
      case Epilogue.Gate _, Epilogue.Heads _ -> true;
    };
  }

  /** Whether products are bfloat16. */
  private static boolean rounds(Epilogue then) {
    return then instanceof Epilogue.Gate || then instanceof Epilogue.Heads;
  }

  /** Lanes at a time. */
  private static int most(Epilogue then) {
    return then instanceof Epilogue.Store(Buffer out) && out.isByRow() ? MOST_BY_ROW : MOST_LANES;
  }

  /** Of the buffer by place with the fewest: a launch may be sized for more lanes. */
  private static int rows(Op.Product op) {
    IntStream operands =
        op.in() instanceof Source.Table(Buffer x) ? IntStream.of(x.rows()) : IntStream.empty();
    IntStream results =
        switch (op.then()) {
          case Epilogue.Store(Buffer out) -> IntStream.of(out.rows());
          case Epilogue.Add add -> IntStream.of(add.residual().rows(), add.out().rows());
          case Epilogue.Gate(Buffer out) -> IntStream.of(out.rows());
          case Epilogue.Heads heads -> IntStream.of(heads.q().rows());
        };
    return IntStream.concat(operands, results).min().orElseThrow();
  }

  /**
   * One product. Where nothing but a plain product in table order is wanted, the library writes
   * where the result goes; else to scratch, of which the kernel that finishes it reads.
   */
  private final class Product implements Prepared {
    private final CudaWeights weights;
    private final Decoded.Matrix codes; // null where they are numbers
    private final CudaBuffer x; // operands by place, or the first of two by row
    private final Kernels.Call join; // null where they lie side by side
    private final CudaBuffer out; // where the library writes; null: to scratch
    private final CudaBuffer residual; // that the library adds, or null
    private final boolean rounded; // products in bfloat16
    private final Kernels.Call finish; // null where the product is the result
    private final int threads; // that finish a lane
    private final int most; // lanes at a time
    private final int rows; // of the buffer with the fewest: a launch may be sized for more lanes

    Product(Op.Product op) {
      weights = CudaWeights.of(op.weights());
      codes = weights.format() instanceof Format.Coded ? decoded.of(weights) : null;
      switch (op.in()) {
        case Source.Table table -> {
          x = CudaBuffer.of(table.x());
          join = null;
        }
        case Source.Joined both -> {
          x = CudaBuffer.of(both.first());
          CudaBuffer second = CudaBuffer.of(both.second());
          join = kernels.onLanes("linear_join_bf16", 0, x, second, x.columns(), 0L);
        }
      }
      switch (op.then()) {
        case Epilogue.Store store -> {
          CudaBuffer to = CudaBuffer.of(store.out());
          residual = null;
          out = to.isByRow() ? null : to;
          finish = to.isByRow() ? finish("store", to, weights.rows()) : null;
          threads = Math.ceilDiv(weights.rows(), 2);
        }
        case Epilogue.Add add -> {
          residual = CudaBuffer.of(add.residual());
          out = CudaBuffer.of(add.out());
          finish = null;
          threads = 0;
        }
        case Epilogue.Gate gate -> {
          CudaBuffer to = CudaBuffer.of(gate.out());
          residual = null;
          out = null;
          finish = finish("swiglu", to, to.columns());
          threads = to.columns();
        }
        case Epilogue.Heads heads -> {
          residual = null;
          out = null;
          List<Object> results = new ArrayList<>(List.of(1));
          results.addAll(CudaEpilogue.heads(heads));
          finish = finish("qkv", results.toArray());
          threads = weights.rows() / 2;
        }
      }
      rounded = rounds(op.then());
      most = most(op.then());
      rows = rows(op);
      if (scratchBytes(op) > 0) {
        scratch.reserve(scratchBytes(op));
      }
    }

    private Kernels.Call finish(String name, Object... results) {
      Object[] values = new Object[results.length + 2];
      values[0] = 0;
      values[1] = 0L;
      System.arraycopy(results, 0, values, 2, results.length);
      return kernels.onLanes("linear_finish_" + name + "_bf16", values);
    }

    @Override
    public void reserve(CudaLanes.Grid grid) {
      int n = Math.min(grid.lanes(), rows);
      for (int first = 0; first < n; first += most) {
        gemm.prepare(shape(Math.min(most, n - first)));
      }
    }

    private GemmShape shape(int lanes) {
      GemmShape shape = GemmShape.of(lanes, weights.rows(), weights.columns());
      shape = rounded ? shape.rounding() : shape;
      return residual != null ? shape.accumulating() : shape;
    }

    @Override
    public void enqueue(CudaLanes lanes) {
      int n = Math.min(lanes.grid().lanes(), rows);
      long numbers = codes == null ? weights.memory().address() : codes.decode();
      for (int first = 0; first < n; first += most) {
        enqueue(lanes, numbers, first, Math.min(most, n - first));
      }
    }

    private void enqueue(CudaLanes lanes, long numbers, int first, int count) {
      long from = join != null ? scratch.use() : address(x, first);
      long to = out != null ? address(out, first) : scratch.use();
      if (join != null) {
        join.set(FIRST_LANE, first).set(JOINED, from);
        join.launch(launch(weights.columns() / WIDTH_STEP, count), lanes);
      }
      long addend = residual != null ? address(residual, first) : to;
      gemm.multiply(shape(count), from, numbers, addend, to);
      if (finish != null) {
        finish.set(FIRST_LANE, first).set(PRODUCTS, to);
        finish.launch(launch(threads, count), lanes);
      }
    }
  }

  private static Launch launch(int threads, int lanes) {
    return Launch.of(1, THREADS).withGrid(Math.ceilDiv(threads, THREADS), lanes, 1);
  }

  private static long address(CudaBuffer buffer, int row) {
    return buffer.memory().address() + buffer.offset(row);
  }

  @Override
  public void close() {
    gemm.close();
  }
}
