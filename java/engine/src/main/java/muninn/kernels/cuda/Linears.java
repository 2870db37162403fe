package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
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

  // As in linear.cu.
  private static final int WARP = 32;
  private static final int THREADS = 256;
  private static final int PAIRS = 64;
  private static final int STEP = 32;
  private static final int BLOCKS_PER_MULTIPROCESSOR = 2;
  private static final int[] CHUNKS = {8, 6, 6, 4}; // of TILES_BF16

  // Tiles of 64 lanes that one launch takes; more take several launches.
  private static final int LAUNCH_TILES = 4;

  private final Context context;
  private final Kernels kernels;
  private final boolean bf16;
  private final int mostBlocks;
  private final Optional<LibraryLinears> library;
  private DeviceMemory partials;
  private DeviceMemory arrived;
  private DeviceMemory headed; // [lanes, (H + 2K) · D] of one operation at a time

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
    this.context = context;
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
    private final Map<Integer, Kernels.Call> calls = new HashMap<>(); // by lanes of a tile

    Own(Op.Product op) {
      CudaWeights weights = CudaWeights.of(op.weights());
      columns = weights.columns();
      boolean joined =
          switch (op.in()) {
            case Source.Table(Buffer x) -> {
              operands.addAll(List.of(CudaBuffer.of(x), weights, columns));
              yield false;
            }
            case Source.Joined(Buffer first, Buffer second) -> {
              operands.addAll(List.of(CudaBuffer.of(first), CudaBuffer.of(second)));
              operands.addAll(List.of(weights, first.columns()));
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

    private Kernels.Call call(int tile) {
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
      int tile = tile(n);
      int tiles = Math.ceilDiv(n, tile);
      Kernels.Call call = calls.get(tile);
      if (!bf16) {
        Launch launch =
            switch (tile) {
              case 1 -> Launch.of(1, 2 * WARP).withGrid(tiles, Math.ceilDiv(pairs, 2 * WARP), 1);
              case 8 -> Launch.of(1, 2 * WARP).withGrid(tiles, Math.ceilDiv(pairs, WARP), 1);
              default -> Launch.of(1, THREADS).withGrid(tiles, Math.ceilDiv(pairs, WARP), 1);
            };
        call.launch(launch, lanes);
        return;
      }
      int blocks = blocks(pairs, columns);
      for (int first = 0; first < tiles; first += LAUNCH_TILES) {
        Launch launch =
            Launch.of(1, THREADS)
                .withGrid(Math.min(LAUNCH_TILES, tiles - first), blocks, 1)
                .withSharedBytes(sharedBytes(tile));
        call.set(1 + operands.size(), new Work(first * tile, partials, arrived))
            .launch(launch, lanes);
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
