package muninn.kernels.cuda;

import java.util.Locale;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Launch;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Op;

/**
 * What opens a position, what moves rows between a tick's scratch and the buffers that outlive it,
 * and what fills weights ({@code tokens.cu}, {@code random.cu}).
 */
final class Tokens {
  private static final int THREADS = 128;
  private static final int VECTOR = 4;
  private static final int EIGHT = 8; // of weights
  // More pieces of a row than this are walked by the same blocks.
  private static final int MOST_PIECES = 64;

  // Elements that one block of random numbers gives.
  private static final int RANDOM_ELEMENTS = 8;
  private static final int FILL_THREADS = 256;
  private static final int FILL_BLOCKS_PER_MULTIPROCESSOR = 8;

  private final Kernels kernels;

  Tokens(Kernels kernels) {
    this.kernels = kernels;
  }

  Prepared prepare(Op.Embed op) {
    CudaBuffer out = byPlace(op.out());
    CudaWeights table = CudaWeights.of(op.table());
    Kernels.Call call =
        kernels.onLanes(
            "embed" + CudaWeights.suffix(table.format()),
            table,
            op.scale(),
            CudaSampled.of(op.sampled()),
            CudaSequences.of(op.sequences()),
            out);
    return lanes -> call.launch(rows(lanes, table.columns() / EIGHT), lanes);
  }

  Prepared prepare(Op.InitialState op) {
    CudaBuffer out = CudaBuffer.of(op.out());
    if (!out.isByRow()) {
      throw new IllegalArgumentException("an initial state goes to the lane's own row");
    }
    int d = out.columns();
    Kernels.Call call =
        kernels.onLanes(
            kernels.typed("initial_state"),
            op.deviation(),
            op.scale(),
            CudaSequences.of(op.sequences()),
            out,
            d);
    return lanes -> call.launch(rows(lanes, d / VECTOR), lanes);
  }

  Prepared prepare(Op.Move op) {
    CudaBuffer from = CudaBuffer.of(op.from());
    CudaBuffer to = CudaBuffer.of(op.to());
    boolean alike = from.dtype() == to.dtype();
    String kernel = alike ? "move_words" : between("move", from.dtype(), to.dtype());
    int columns = alike ? words(to) : to.columns();
    int parts = alike ? columns : columns / VECTOR;
    Kernels.Call call =
        kernels.onLanes(kernel, from, from.byRowFlag(), to, to.byRowFlag(), columns);
    return lanes -> call.launch(rows(lanes, parts), lanes);
  }

  Prepared prepare(Op.Clear op) {
    CudaBuffer to = CudaBuffer.of(op.to());
    int words = words(to);
    Kernels.Call call = kernels.onLanes("clear", to, to.byRowFlag(), words);
    return lanes -> call.launch(rows(lanes, words), lanes);
  }

  private static CudaBuffer byPlace(Buffer buffer) {
    if (buffer.isByRow()) {
      throw new IllegalArgumentException("embeddings go to a lane's place");
    }
    return CudaBuffer.of(buffer);
  }

  /** A kernel from one type to another. */
  private static String between(String name, DType from, DType to) {
    return (name + "_" + from + "_" + to).toLowerCase(Locale.ROOT);
  }

  /** 32-bit words of a row; an operand's is a multiple of 8 wide, and so has whole ones. */
  private static int words(CudaBuffer buffer) {
    return (int) (buffer.offset(1) / Integer.BYTES);
  }

  /** Blocks that share a lane's row, which has so many parts for one thread each. */
  private static Launch rows(CudaLanes lanes, int parts) {
    int pieces = Math.min(MOST_PIECES, Math.ceilDiv(parts, THREADS));
    return Launch.of(1, THREADS).withGrid(lanes.grid().lanes(), pieces, 1);
  }

  /** {@code to[start + i] = from[i]}, in another type. */
  void convert(
      DType fromType, DeviceMemory from, DType toType, DeviceMemory to, long start, long count) {
    String name =
        String.format(Locale.ROOT, "convert_%s_%s", fromType, toType).toLowerCase(Locale.ROOT);
    int blocks = Math.toIntExact(Math.ceilDiv(count, (long) THREADS));
    kernels.launchConstants(
        name, Launch.of(blocks, THREADS), from, to.address() + start * toType.bytes(), count);
  }

  /**
   * Fills a weight matrix with the numbers that {@link muninn.kernels.Device#randomWeights}
   * promises.
   */
  void random(CudaWeights weights, long seed, float sigma) {
    long blocks = (long) weights.rows() * weights.columns() / RANDOM_ELEMENTS;
    int grid =
        (int)
            Math.min(
                Math.ceilDiv(blocks, (long) FILL_THREADS),
                (long) kernels.multiprocessors() * FILL_BLOCKS_PER_MULTIPROCESSOR);
    kernels.launchConstants(
        "random" + CudaWeights.suffix(weights.format()),
        Launch.of(grid, FILL_THREADS),
        weights.memory(),
        blocks,
        seed,
        sigma);
  }
}
