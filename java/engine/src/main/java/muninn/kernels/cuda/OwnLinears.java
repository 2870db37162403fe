package muninn.kernels.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;
import muninn.kernels.Op.Source;

/**
 * Linear products by our own kernels: {@code linear.cu}, which streams bfloat16 weights through
 * tensor cores, and {@code linear_f32.cu}. A {@link Tile} is taken by the lanes of a launch; how a
 * matrix is cut into blocks depends on its shape and the GPU, never on the lanes, so a lane's
 * result does not depend on the others.
 */
final class OwnLinears {
  private static final String PREFIX = "linear_";

  /** Has two operands, which no other one has. */
  private static final String ADAPTER = "adapter";

  /** As the names of kernels have them. */
  static final List<String> OPERATIONS = List.of("store", "add", "swiglu", "qkv", ADAPTER);

  /** Blocks of a launch on a multiprocessor, where it has the shared memory for them. */
  private static final int MOST_BLOCKS_EACH = 2;

  // Tiles of 64 lanes that one launch takes; more take several launches.
  private static final int LAUNCH_TILES = 4;

  private static final int PARTIAL_BYTES = 64 << 10; // sums of a block, of a tile of 64 lanes

  private final Kernels kernels;
  private final DType dtype;
  private final boolean bf16;
  private final Abi abi;
  private final int mostBlocks;
  private final Map<Tile, Geometry> geometries = new HashMap<>();
  private final int stepPairs; // of rows a step of a bfloat16 product has
  private final int stepColumns;
  private final int leastSteps; // of a block
  private DeviceMemory partials;
  private DeviceMemory arrived;

  /**
   * Of a launch.
   *
   * @param threads of a block
   * @param pairs of rows that a float32 block has; a bfloat16 one has a share of all
   * @param sharedBytes of a block
   */
  private record Geometry(int threads, int pairs, int sharedBytes) {}

  /**
   * @param dtype of operands, and of plain weights
   */
  OwnLinears(Context context, Stream stream, Kernels kernels, DType dtype, Switches switches) {
    this.kernels = kernels;
    this.dtype = dtype;
    bf16 = dtype == DType.BF16;
    abi = new Abi(context, stream, kernels, bf16 ? "linear" : "linear_f32");
    if (!bf16) {
      mostBlocks = stepPairs = stepColumns = leastSteps = 0;
      return;
    }
    abi.check(Work.LAYOUT);
    stepPairs = abi.value("PAIRS");
    stepColumns = abi.value("STEP");
    leastSteps = abi.value("CHUNK");
    mostBlocks = switches.blocks().orElseGet(this::blocksEach) * kernels.multiprocessors();
    abi.check("PARTIAL", PARTIAL_BYTES);
    partials = context.allocate(partialBytes(mostBlocks));
    arrived = context.allocate(arrivedBytes(mostBlocks));
    stream.fill(arrived, 0, arrived.bytes(), (byte) 0);
  }

  private static long partialBytes(int blocks) {
    return (long) LAUNCH_TILES * blocks * PARTIAL_BYTES;
  }

  private static long arrivedBytes(int blocks) {
    return (long) LAUNCH_TILES * blocks * Integer.BYTES;
  }

  /** What merging blocks' sums takes of the memory of a GPU of so many multiprocessors, at most. */
  static long deviceBytes(int multiprocessors) {
    int blocks = MOST_BLOCKS_EACH * multiprocessors;
    return partialBytes(blocks) + arrivedBytes(blocks);
  }

  /** What a product is called among {@link #OPERATIONS}. */
  static String operation(Op.Product op) {
    return op.in() instanceof Source.Joined ? ADAPTER : CudaEpilogue.operation(op.then());
  }

  /**
   * How many blocks of a launch a multiprocessor has at a time. One number for all tiles, that of
   * the tile of which the fewest fit: where a matrix is cut follows from it, and must not depend on
   * the lanes. More than fit would run as a second wave, which nothing overlaps.
   */
  private int blocksEach() {
    int least = MOST_BLOCKS_EACH;
    for (String operation : OPERATIONS) {
      for (Tile tile : tiles(Format.BF16)) {
        Geometry geometry = geometry(tile);
        int fit =
            kernels
                .kernel(name(operation, tile))
                .blocksPerMultiprocessor(geometry.threads, geometry.sharedBytes);
        least = Math.min(least, fit);
      }
    }
    return Math.max(1, least);
  }

  /** The most blocks that share a matrix. */
  int mostBlocks() {
    return mostBlocks;
  }

  /** What products with weights of a format are done by, in the order of their lanes. */
  List<Tile> tiles(Format weights) {
    return Tile.of(weights, dtype, kernels.capability());
  }

  private Geometry geometry(Tile tile) {
    return geometries.computeIfAbsent(tile, this::measure);
  }

  private Geometry measure(Tile tile) {
    int n = tile.lanes();
    if (!bf16) {
      return new Geometry(abi.value("THREADS_" + n), abi.value("PAIRS_" + n), 0);
    }
    int shared = abi.value("SHARED" + tile.suffix());
    for (String operation : OPERATIONS) {
      kernels.kernel(name(operation, tile)).allowSharedBytes(shared);
    }
    return new Geometry(abi.value("THREADS"), 0, shared);
  }

  private static String name(String operation, Tile tile) {
    return PREFIX + operation + tile.suffix();
  }

  /**
   * Blocks that share a matrix: as many as run at a time, but none with less than a chunk to do.
   */
  private int blocks(int pairs, int columns) {
    long steps = (long) Math.ceilDiv(pairs, stepPairs) * Math.ceilDiv(columns, stepColumns);
    return Math.clamp(steps / leastSteps, 1, mostBlocks);
  }

  /**
   * @param label of the tile for any number of lanes; where there is none of that, by the lanes
   */
  Prepared prepare(Op.Product op, Optional<String> label) {
    return new Product(op, label);
  }

  /** One product, for all lanes that a launch is sized for. */
  private final class Product implements Prepared {
    private final String operation;
    private final CudaEpilogue epilogue;
    private final int columns;
    private final List<Object> operands = new ArrayList<>(); // what is multiplied
    private final List<Tile> tiles;
    private final Map<Tile, Kernels.Call> calls = new HashMap<>();
    private final Optional<Tile> chosen; // for any number of lanes

    Product(Op.Product op, Optional<String> label) {
      operation = operation(op);
      epilogue = CudaEpilogue.of(op);
      tiles = tiles(op.weights().format());
      chosen = tiles.stream().filter(t -> label.filter(t.label()::equals).isPresent()).findFirst();
      CudaWeights weights = CudaWeights.of(op.weights());
      columns = weights.columns();
      switch (op.in()) {
        case Source.Table(Buffer x) -> operands.add(CudaBuffer.of(x));
        case Source.Joined(Buffer first, Buffer second) -> {
          if (!(op.then() instanceof Epilogue.Store)) {
            throw new IllegalArgumentException("a product of two operands is stored as it is");
          }
          operands.addAll(List.of(CudaBuffer.of(first), CudaBuffer.of(second)));
        }
      }
      operands.add(weights);
    }

    @Override
    public void reserve(CudaLanes.Grid grid) {
      Tile tile = tile(grid.lanes());
      geometry(tile); // asks of its kernels what may not be asked while they are recorded
      calls.computeIfAbsent(tile, this::call);
    }

    private Tile tile(int lanes) {
      return chosen.orElseGet(
          () -> tiles.stream().filter(t -> lanes <= t.toLanes()).findFirst().orElseThrow());
    }

    private Kernels.Call call(Tile tile) {
      List<Object> values = new ArrayList<>(operands);
      if (bf16) {
        values.add(new Work(0, partials, arrived));
      }
      values.addAll(epilogue.arguments());
      return kernels.onLanes(name(operation, tile), values.toArray());
    }

    @Override
    public void enqueue(CudaLanes lanes) {
      int n = lanes.grid().lanes();
      Tile tile = tile(n);
      int count = Math.ceilDiv(n, tile.lanes());
      Geometry geometry = geometry(tile);
      Kernels.Call call = calls.get(tile);
      Launch block = Launch.of(1, geometry.threads).withSharedBytes(geometry.sharedBytes);
      if (!bf16) {
        int blocks = Math.ceilDiv(epilogue.pairs(), geometry.pairs);
        call.launch(block.withGrid(count, blocks, 1), lanes);
        return;
      }
      int blocks = blocks(epilogue.pairs(), columns);
      for (int first = 0; first < count; first += LAUNCH_TILES) {
        call.set(1 + operands.size(), new Work(first * tile.lanes(), partials, arrived))
            .launch(block.withGrid(Math.min(LAUNCH_TILES, count - first), blocks, 1), lanes);
      }
    }
  }
}
