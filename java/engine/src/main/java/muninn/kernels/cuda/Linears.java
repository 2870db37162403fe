package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.ArrayList;
import java.util.Arrays;
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
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;
import muninn.kernels.Op.Source;

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

  private static final int BLOCKS_PER_MULTIPROCESSOR = 2;

  // Tiles of 64 lanes that one launch takes; more take several launches.
  private static final int LAUNCH_TILES = 4;

  private final Context context;
  private final Kernels kernels;
  private final boolean bf16;
  private final int mostBlocks;
  private final List<Tile> tiles;
  private final int stepPairs; // of rows a step of a bfloat16 product has
  private final int stepColumns;
  private final int leastSteps; // of a block
  private final Optional<LibraryLinears> library;
  private DeviceMemory partials;
  private DeviceMemory arrived;
  private DeviceMemory headed; // [lanes, (H + 2K) · D] of one operation at a time

  /**
   * Kernels for so many lanes.
   *
   * @param threads of a block
   * @param pairs of rows that a float32 block has; a bfloat16 one has a share of all
   * @param sharedBytes of a block
   */
  private record Tile(int lanes, int threads, int pairs, int sharedBytes) {}

  /** Struct Work of linear.cu. */
  private record Work(int firstLane, DeviceMemory partials, DeviceMemory arrived)
      implements Argument {
    static final StructLayout LAYOUT =
        MemoryLayout.structLayout(
                JAVA_INT.withName("firstLane"),
                MemoryLayout.paddingLayout(Integer.BYTES),
                JAVA_LONG.withName("partials"),
                JAVA_LONG.withName("arrived"))
            .withName("Work");

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
    this.context = context;
    this.kernels = kernels;
    bf16 = dtype == DType.BF16;
    library = gemm.map(found -> new LibraryLinears(context, kernels, found));
    mostBlocks = BLOCKS_PER_MULTIPROCESSOR * kernels.multiprocessors();
    Abi abi = new Abi(context, stream, kernels, bf16 ? "linear" : "linear_f32");
    tiles = tiles(abi);
    if (!bf16) {
      stepPairs = stepColumns = leastSteps = 0;
      return;
    }
    abi.check(Work.LAYOUT);
    stepPairs = abi.value("PAIRS");
    stepColumns = abi.value("STEP");
    leastSteps = abi.value("CHUNK");
    long blocks = (long) LAUNCH_TILES * mostBlocks;
    partials = context.allocate(blocks * abi.value("PARTIAL"));
    arrived = context.allocate(blocks * Integer.BYTES);
    stream.fill(arrived, 0, arrived.bytes(), (byte) 0);
    for (String operation : OPERATIONS) {
      for (Tile tile : tiles) {
        kernels.kernel(name(operation, tile)).allowSharedBytes(tile.sharedBytes);
      }
    }
  }

  private List<Tile> tiles(Abi abi) {
    int threads = bf16 ? abi.value("THREADS") : 0;
    return Arrays.stream(bf16 ? TILES_BF16 : TILES_F32)
        .mapToObj(
            n ->
                bf16
                    ? new Tile(n, threads, 0, abi.value("SHARED_" + n))
                    : new Tile(n, abi.value("THREADS_" + n), abi.value("PAIRS_" + n), 0))
        .toList();
  }

  Prepared prepare(Op.Product op) {
    if (op.then() instanceof Epilogue.Heads heads && heads.norms() != null) {
      return normed(op, heads);
    }
    Prepared own = new Own(op);
    if (library.isEmpty()) {
      return own;
    }
    Prepared many = library.get().prepare(op);
    return new Prepared() {
      @Override
      public void reserve(CudaLanes.Grid grid) {
        on(grid).reserve(grid);
      }

      @Override
      public void enqueue(CudaLanes lanes) {
        on(lanes.grid()).enqueue(lanes);
      }

      private Prepared on(CudaLanes.Grid grid) {
        return grid.lanes() > MOST_LANES ? many : own;
      }
    };
  }

  /** A norm needs the whole row: the product is kept, normed and finished. */
  private Prepared normed(Op.Product op, Epilogue.Heads heads) {
    int rows = op.weights().rows();
    int lanes = ((Source.Table) op.in()).x().rows();
    long bytes = (long) lanes * rows * Float.BYTES;
    if (headed == null || headed.bytes() < bytes) {
      headed = context.allocate(bytes); // what was there before stays: other programs use it
    }
    CudaBuffer products = new CudaBuffer(headed, DType.F32, lanes, rows);
    Prepared product =
        prepare(new Op.Product(op.name(), op.in(), op.weights(), new Epilogue.Store(products)));
    return new NormedHeads(kernels, product, products, heads);
  }

  /** A product by our own kernels, for all lanes that a launch is sized for. */
  private final class Own implements Prepared {
    private final String operation;
    private final int pairs; // of rows of the weights, as the epilogue takes them
    private final int columns;
    private final List<Object> operands = new ArrayList<>(); // what is multiplied
    private final List<Object> results; // what becomes of the products
    private final Map<Tile, Kernels.Call> calls = new HashMap<>();

    Own(Op.Product op) {
      CudaWeights weights = CudaWeights.of(op.weights());
      columns = weights.columns();
      boolean joined =
          switch (op.in()) {
            case Source.Table(Buffer x) -> {
              operands.addAll(List.of(CudaBuffer.of(x), weights));
              yield false;
            }
            case Source.Joined(Buffer first, Buffer second) -> {
              operands.addAll(List.of(CudaBuffer.of(first), CudaBuffer.of(second), weights));
              yield true;
            }
          };
      int rows = weights.rows();
      switch (op.then()) {
        case Epilogue.Store(Buffer to) -> {
          operation = joined ? "adapter_" : "";
          pairs = Math.ceilDiv(rows, 2);
          CudaBuffer out = CudaBuffer.of(to);
          results = List.of(out, rows, out.byRowFlag());
        }
        case Epilogue.Add(Buffer residual, Buffer to) -> {
          operation = "add_";
          pairs = Math.ceilDiv(rows, 2);
          results = List.of(CudaBuffer.of(residual), CudaBuffer.of(to), rows);
        }
        case Epilogue.Gate(Buffer to) -> {
          operation = "swiglu_";
          pairs = to.columns();
          results = List.of(CudaBuffer.of(to), to.columns());
        }
        case Epilogue.Heads heads -> {
          operation = "qkv_";
          pairs = Math.ceilDiv(rows, 2);
          results = results(heads);
        }
      }
      if (joined && !(op.then() instanceof Epilogue.Store)) {
        throw new IllegalArgumentException("a product of two operands is stored as it is");
      }
    }

    @Override
    public void reserve(CudaLanes.Grid grid) {
      calls.computeIfAbsent(tile(grid.lanes()), this::call);
    }

    private Kernels.Call call(Tile tile) {
      List<Object> values = new ArrayList<>(operands);
      if (bf16) {
        values.add(new Work(0, partials, arrived));
      }
      values.addAll(results);
      return kernels.onLanes(Linears.this.name(operation, tile), values.toArray());
    }

    @Override
    public void enqueue(CudaLanes lanes) {
      int n = lanes.grid().lanes();
      Tile tile = tile(n);
      int count = Math.ceilDiv(n, tile.lanes);
      Kernels.Call call = calls.get(tile);
      Launch block = Launch.of(1, tile.threads).withSharedBytes(tile.sharedBytes);
      if (!bf16) {
        call.launch(block.withGrid(count, Math.ceilDiv(pairs, tile.pairs), 1), lanes);
        return;
      }
      int blocks = blocks(pairs, columns);
      for (int first = 0; first < count; first += LAUNCH_TILES) {
        call.set(1 + operands.size(), new Work(first * tile.lanes, partials, arrived))
            .launch(block.withGrid(Math.min(LAUNCH_TILES, count - first), blocks, 1), lanes);
      }
    }
  }

  /** The last arguments of kernels that end in heads. */
  static List<Object> results(Epilogue.Heads heads) {
    return List.of(
        heads.q().columns(),
        heads.bias() == null ? (Object) 0L : CudaBuffer.of(heads.bias()),
        CudaBuffer.of(heads.rope()),
        CudaSequences.of(heads.sequences()),
        CudaKvCache.of(heads.cache()),
        heads.slot(),
        CudaBuffer.of(heads.q()));
  }

  /** The smallest tile that holds all lanes, or the largest. */
  private Tile tile(int lanes) {
    int i = 0;
    while (i < tiles.size() - 1 && tiles.get(i).lanes < lanes) {
      i++;
    }
    return tiles.get(i);
  }

  private String name(String operation, Tile tile) {
    return kernels.typed("linear_" + operation + tile.lanes);
  }

  /**
   * Blocks that share a matrix: as many as run at a time, but none with less than a chunk to do.
   */
  private int blocks(int pairs, int columns) {
    long steps = (long) Math.ceilDiv(pairs, stepPairs) * Math.ceilDiv(columns, stepColumns);
    return Math.clamp(steps / leastSteps, 1, mostBlocks);
  }

  @Override
  public void close() {
    library.ifPresent(LibraryLinears::close);
  }
}
