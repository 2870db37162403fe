package muninn.kernels.cuda;

import java.util.Locale;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Launch;
import muninn.kernels.DType;

/**
 * What opens a position, what moves rows between a tick's scratch and the buffers that outlive it,
 * and what fills weights ({@code tokens.cu}, {@code random.cu}).
 */
final class Tokens {
  private static final int THREADS = 128;
  private static final int VECTOR = 4;
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

  void embed(
      CudaLanes lanes,
      CudaWeights embedding,
      float scale,
      DeviceMemory sampled,
      CudaSequences sequences,
      CudaBuffer x) {
    int d = x.columns();
    kernels.launch(
        kernels.typed("embed"),
        rows(lanes, d / VECTOR),
        lanes,
        embedding,
        scale,
        sampled,
        sequences,
        x,
        d);
  }

  void initialState(CudaLanes lanes, float sigma, CudaSequences sequences, CudaBuffer s) {
    int d = s.columns();
    kernels.launch(
        kernels.typed("initial_state"),
        rows(lanes, d / VECTOR),
        lanes,
        sigma,
        (float) Math.sqrt(d),
        sequences,
        s,
        d);
  }

  void scatter(CudaLanes lanes, CudaBuffer x, CudaBuffer out) {
    int d = out.columns();
    kernels.launch(kernels.typed("scatter"), rows(lanes, d / VECTOR), lanes, x, out, d);
  }

  void copyRows(CudaLanes lanes, CudaBuffer from, CudaBuffer to) {
    int words = words(to);
    kernels.launch("copy_rows", rows(lanes, words), lanes, from, to, words);
  }

  void clearRows(CudaLanes lanes, CudaBuffer to) {
    int words = words(to);
    kernels.launch("clear_rows", rows(lanes, words), lanes, to, words);
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
        kernels.typed("random"), Launch.of(grid, FILL_THREADS), weights, blocks, seed, sigma);
  }
}
