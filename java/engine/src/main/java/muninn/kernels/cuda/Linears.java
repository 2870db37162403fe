package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.DType;
import muninn.kernels.KvSlot;

/**
 * Linear products with what comes before and after them, by our own kernels: {@code linear.cu},
 * which streams bfloat16 weights through tensor cores, and {@code linear_f32.cu}. How a matrix is
 * cut into blocks depends on its shape and the GPU, never on the lanes, so a lane's result does not
 * depend on the others. Beyond 64 lanes a matrix library does it where there is one.
 */
final class Linears implements AutoCloseable {
  /** Lanes of a launch's tiles; of more than 64 there are several. */
  private static final int[] TILES_BF16 = {8, 16, 32, 64};

  private static final int[] TILES_F32 = {1, 8, 64};
  private static final int MOST_LANES = 64;
  private static final String[] OPERATIONS = {"", "add_", "swiglu_", "qkv_", "adapter_"};

  // As in linear.cu.
  private static final int WARP = 32;
  private static final int THREADS = 256;
  private static final int PAIRS = 64;
  private static final int STEP = 32;
  private static final int BLOCKS_PER_MULTIPROCESSOR = 2;
  private static final int[] CHUNKS = {8, 6, 6, 4}; // of TILES_BF16

  // Tiles of 64 lanes that one launch takes; more take several launches.
  private static final int LAUNCH_TILES = 4;

  private final Kernels kernels;
  private final boolean bf16;
  private final int mostBlocks;
  private final Optional<LibraryLinears> library;
  private DeviceMemory partials;
  private DeviceMemory arrived;

  /** Struct Work of linear.cu. */
  private record Work(int firstLane, DeviceMemory partials, DeviceMemory arrived)
      implements Argument {
    private static final MemoryLayout LAYOUT =
        MemoryLayout.structLayout(
            JAVA_INT, MemoryLayout.paddingLayout(Integer.BYTES), JAVA_LONG, JAVA_LONG);

    @Override
    public MemoryLayout layout() {
      return LAYOUT;
    }

    @Override
    public void write(MemorySegment at) {
      at.set(JAVA_INT, 0, firstLane);
      at.set(JAVA_LONG, 8, partials.address());
      at.set(JAVA_LONG, 16, arrived.address());
    }
  }

  /**
   * @param dtype of weights and operands
   * @param gemm for many bfloat16 lanes, closed with this; none: our own kernels for all
   */
  Linears(Context context, Stream stream, Kernels kernels, DType dtype, Optional<Gemm> gemm) {
    this.kernels = kernels;
    bf16 = dtype == DType.BF16;
    library = gemm.map(found -> new LibraryLinears(context, kernels, found));
    mostBlocks = BLOCKS_PER_MULTIPROCESSOR * kernels.multiprocessors();
    if (!bf16) {
      return;
    }
    long blocks = (long) LAUNCH_TILES * mostBlocks;
    partials = context.allocate(blocks * 2 * MOST_LANES / 8 * THREADS * 4 * Float.BYTES);
    arrived = context.allocate(blocks * Integer.BYTES);
    stream.fill(arrived, 0, arrived.bytes(), (byte) 0);
    for (String operation : OPERATIONS) {
      for (int tile : TILES_BF16) {
        kernels.kernel(name(operation, tile)).allowSharedBytes(sharedBytes(tile));
      }
    }
  }

  void adapter(CudaLanes lanes, CudaBuffer s, CudaBuffer e, CudaWeights weights, CudaBuffer x) {
    if (byLibrary(lanes)) {
      library.get().adapter(lanes, s, e, weights, x);
      return;
    }
    multiply(
        "adapter_",
        lanes,
        neighbours(weights),
        weights,
        List.of(s, e, weights, s.columns()),
        List.of(x, weights.rows()));
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
    if (byLibrary(lanes)) {
      library.get().queryKeyValue(lanes, x, weights, bias, rope, sequences, cache, slot, q);
      return;
    }
    multiply(
        "qkv_",
        lanes,
        neighbours(weights),
        weights,
        List.of(x, weights, weights.columns()),
        List.of(bias, rope, sequences, cache, slot, q));
  }

  void linearAdd(
      CudaLanes lanes, CudaBuffer x, CudaWeights weights, CudaBuffer residual, CudaBuffer out) {
    if (byLibrary(lanes)) {
      library.get().linearAdd(lanes, x, weights, residual, out);
      return;
    }
    multiply(
        "add_",
        lanes,
        neighbours(weights),
        weights,
        List.of(x, weights, weights.columns()),
        List.of(residual, out, weights.rows()));
  }

  void swiglu(CudaLanes lanes, CudaBuffer x, CudaWeights weights, CudaBuffer out) {
    if (byLibrary(lanes)) {
      library.get().swiglu(lanes, x, weights, out);
      return;
    }
    multiply(
        "swiglu_",
        lanes,
        out.columns(),
        weights,
        List.of(x, weights, weights.columns()),
        List.of(out, out.columns()));
  }

  void linear(CudaLanes lanes, CudaBuffer x, CudaWeights weights, CudaBuffer out) {
    if (byLibrary(lanes)) {
      library.get().linear(lanes, x, weights, out);
      return;
    }
    multiply(
        "",
        lanes,
        neighbours(weights),
        weights,
        List.of(x, weights, weights.columns()),
        List.of(out, weights.rows(), out.isByRow() ? 1 : 0));
  }

  private boolean byLibrary(CudaLanes lanes) {
    return library.isPresent() && lanes.grid().lanes() > MOST_LANES;
  }

  /** Pairs of rows that lie side by side. */
  private static int neighbours(CudaWeights weights) {
    return Math.ceilDiv(weights.rows(), 2);
  }

  /**
   * Enqueues an operation for all lanes that a launch is sized for.
   *
   * @param pairs of rows of the weights, as the operation's epilogue takes them
   * @param operands the arguments after the lanes: what is multiplied
   * @param results the last arguments: what becomes of the products
   */
  private void multiply(
      String operation,
      CudaLanes lanes,
      int pairs,
      CudaWeights weights,
      List<Object> operands,
      List<Object> results) {
    int n = lanes.grid().lanes();
    int tile = tile(n);
    String name = name(operation, tile);
    int tiles = Math.ceilDiv(n, tile);
    if (!bf16) {
      Launch launch =
          switch (tile) {
            case 1 -> Launch.of(1, 2 * WARP).withGrid(tiles, Math.ceilDiv(pairs, 2 * WARP), 1);
            case 8 -> Launch.of(1, 2 * WARP).withGrid(tiles, Math.ceilDiv(pairs, WARP), 1);
            default -> Launch.of(1, THREADS).withGrid(tiles, Math.ceilDiv(pairs, WARP), 1);
          };
      launch(name, launch, lanes, operands, List.of(), results);
      return;
    }
    int blocks = blocks(pairs, weights.columns());
    for (int first = 0; first < tiles; first += LAUNCH_TILES) {
      Launch launch =
          Launch.of(1, THREADS)
              .withGrid(Math.min(LAUNCH_TILES, tiles - first), blocks, 1)
              .withSharedBytes(sharedBytes(tile));
      Work work = new Work(first * tile, partials, arrived);
      launch(name, launch, lanes, operands, List.of(work), results);
    }
  }

  private void launch(
      String name,
      Launch launch,
      CudaLanes lanes,
      List<Object> operands,
      List<Object> work,
      List<Object> results) {
    List<Object> values = new ArrayList<>();
    values.add(lanes);
    values.addAll(operands);
    values.addAll(work);
    values.addAll(results);
    kernels.launch(name, launch, values.toArray());
  }

  /** The smallest tile that holds all lanes, or the largest. */
  private int tile(int lanes) {
    int[] tiles = bf16 ? TILES_BF16 : TILES_F32;
    int i = 0;
    while (i < tiles.length - 1 && tiles[i] < lanes) {
      i++;
    }
    return tiles[i];
  }

  private String name(String operation, int tile) {
    return kernels.typed("linear_" + operation + tile);
  }

  /**
   * Blocks that share a matrix: as many as run at a time, but none with less than a chunk to do.
   */
  private int blocks(int pairs, int columns) {
    long steps = (long) Math.ceilDiv(pairs, PAIRS) * Math.ceilDiv(columns, STEP);
    return Math.clamp(steps / CHUNKS[0], 1, mostBlocks);
  }

  /** Weights of a chunk, and operands of two. */
  private static int sharedBytes(int tile) {
    int columns = CHUNKS[Arrays.binarySearch(TILES_BF16, tile)] * STEP;
    return (2 * PAIRS + 2 * tile) * columns * Short.BYTES;
  }

  @Override
  public void close() {
    library.ifPresent(LibraryLinears::close);
  }
}
