package muninn.kernels.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
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
import muninn.kernels.Variant;

/**
 * Linear products with what comes before and after them, by our own kernels: {@code linear.cu},
 * which streams bfloat16 weights through tensor cores, and {@code linear_f32.cu}. How a matrix is
 * cut into blocks depends on its shape and the GPU, never on the lanes, so a lane's result does not
 * depend on the others. Beyond 64 lanes a matrix library does it where there is one, or {@link
 * WgmmaLinears} where that was chosen.
 */
final class Linears implements AutoCloseable {
  /** Lanes from which on a matrix library multiplies, where there is one, are more than these. */
  private static final int MOST_LANES = 64;

  private static final String LIBRARY = "library";
  private static final String PREFIX = "linear_";
  private static final List<String> OPERATIONS =
      List.of("store", "add", "swiglu", "qkv", "adapter");

  /** Blocks of a launch on a multiprocessor, where it has the shared memory for them. */
  private static final int MOST_BLOCKS_EACH = 2;

  // Tiles of 64 lanes that one launch takes; more take several launches.
  private static final int LAUNCH_TILES = 4;

  private final Context context;
  private final Stream stream;
  private final Kernels kernels;
  private final DType dtype;
  private final boolean bf16;
  private final int ownLanes; // that our kernels multiply even where there is a library
  private final Abi abi;
  private final int mostBlocks;
  private final Map<Tile, Geometry> geometries = new HashMap<>();
  private final int stepPairs; // of rows a step of a bfloat16 product has
  private final int stepColumns;
  private final int leastSteps; // of a block
  private final int headsPerBlock; // that are appended with scales
  private final Optional<LibraryLinears> library;
  private final boolean wgmmaKnown;
  private WgmmaLinears wgmma; // once it was chosen
  private DeviceMemory partials;
  private DeviceMemory arrived;
  private DeviceMemory headed; // [lanes, (H + 2K) · D] of one operation at a time

  /**
   * Of a launch.
   *
   * @param threads of a block
   * @param pairs of rows that a float32 block has; a bfloat16 one has a share of all
   * @param sharedBytes of a block
   */
  private record Geometry(int threads, int pairs, int sharedBytes) {}

  Linears(Context context, Stream stream, Kernels kernels, DType dtype, Optional<Gemm> gemm) {
    this(context, stream, kernels, dtype, gemm, true, Switches.NONE);
  }

  /**
   * @param dtype of operands, and of plain weights
   * @param gemm for many bfloat16 lanes, closed with this; none: our own kernels for all
   * @param deterministic whether kernels are left out whose sums depend on the lanes beside them
   */
  Linears(
      Context context,
      Stream stream,
      Kernels kernels,
      DType dtype,
      Optional<Gemm> gemm,
      boolean deterministic,
      Switches switches) {
    this.context = context;
    this.stream = stream;
    this.kernels = kernels;
    this.dtype = dtype;
    bf16 = dtype == DType.BF16;
    wgmmaKnown = bf16 && !deterministic && WgmmaLinears.isKnown(kernels);
    ownLanes = switches.libraryFrom().orElse(MOST_LANES + 1) - 1;
    library = gemm.map(found -> new LibraryLinears(context, kernels, found));
    abi = new Abi(context, stream, kernels, bf16 ? "linear" : "linear_f32");
    headsPerBlock = new Abi(context, stream, kernels, "heads").value("WARPS");
    if (!bf16) {
      mostBlocks = stepPairs = stepColumns = leastSteps = 0;
      return;
    }
    abi.check(Work.LAYOUT);
    stepPairs = abi.value("PAIRS");
    stepColumns = abi.value("STEP");
    leastSteps = abi.value("CHUNK");
    mostBlocks = switches.blocks().orElseGet(this::blocksEach) * kernels.multiprocessors();
    long blocks = (long) LAUNCH_TILES * mostBlocks;
    partials = context.allocate(blocks * abi.value("PARTIAL"));
    arrived = context.allocate(blocks * Integer.BYTES);
    stream.fill(arrived, 0, arrived.bytes(), (byte) 0);
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

  /** In the order of their lanes. */
  private List<Tile> tiles(Format weights) {
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

  /** Names of what products can be done by, by operation. */
  Map<String, List<String>> variants() {
    List<String> names = new ArrayList<>();
    tiles(new Format.Plain(dtype)).forEach(tile -> names.add(tile.label()));
    library.ifPresent(_ -> names.add(LIBRARY));
    if (wgmmaKnown) {
      names.add(WgmmaLinears.NAME);
    }
    Map<String, List<String>> known = new LinkedHashMap<>();
    OPERATIONS.forEach(operation -> known.put(PREFIX + operation, names));
    return known;
  }

  /** What a product can be done by. */
  List<Variant> variants(Op.Product op) {
    String operation = PREFIX + operation(op);
    List<Variant> all = new ArrayList<>();
    int from = 1;
    boolean library = libraryFor(op).isPresent();
    for (Tile tile : tiles(op.weights().format())) {
      int to = library ? Math.min(ownLanes, tile.toLanes()) : tile.toLanes();
      all.add(new Variant(operation, tile.label(), from, to));
      from = to + 1;
    }
    if (library) {
      all.add(new Variant(operation, LIBRARY, from, Integer.MAX_VALUE));
    }
    if (wgmmaKnown && op.weights().format() instanceof Format.Plain) {
      all.add(Variant.chosenOnly(operation, WgmmaLinears.NAME));
    }
    return all;
  }

  /** A library knows no codes. */
  private Optional<LibraryLinears> libraryFor(Op.Product op) {
    return library.filter(_ -> op.weights().format() instanceof Format.Plain);
  }

  private static String operation(Op.Product op) {
    return switch (op.then()) {
      case Epilogue.Store _ -> op.in() instanceof Source.Joined ? "adapter" : "store";
      case Epilogue.Add _ -> "add";
      case Epilogue.Gate _ -> "swiglu";
      case Epilogue.Heads _ -> "qkv";
    };
  }

  Prepared prepare(Op.Product op, Choices choices) {
    if (op.then() instanceof Epilogue.Heads heads
        && (heads.norms() != null || CudaKvCache.of(heads.cache()).isScaled())) {
      return whole(op, heads, choices);
    }
    Optional<String> chosen = choices.of(PREFIX + operation(op));
    if (chosen.filter(WgmmaLinears.NAME::equals).isPresent()
        && op.weights().format() instanceof Format.Plain) {
      if (wgmma == null) {
        wgmma = WgmmaLinears.open(context, stream, kernels);
      }
      return wgmma.prepare(op);
    }
    Prepared own = new Own(op, chosen);
    Optional<LibraryLinears> known = libraryFor(op);
    if (known.isEmpty() || chosen.isPresent() && !chosen.get().equals(LIBRARY)) {
      return own;
    }
    Prepared many = known.get().prepare(op);
    if (chosen.isPresent()) {
      return many;
    }
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
        return grid.lanes() > ownLanes ? many : own;
      }
    };
  }

  /** A norm needs the whole row, and a scale a head's: the product is kept and then finished. */
  private Prepared whole(Op.Product op, Epilogue.Heads heads, Choices choices) {
    int rows = op.weights().rows();
    int lanes = ((Source.Table) op.in()).x().rows();
    long bytes = (long) lanes * rows * Float.BYTES;
    if (headed == null || headed.bytes() < bytes) {
      headed = context.allocate(bytes); // what was there before stays: other programs use it
    }
    CudaBuffer products = new CudaBuffer(headed, DType.F32, lanes, rows);
    Prepared product =
        prepare(
            new Op.Product(op.name(), op.in(), op.weights(), new Epilogue.Store(products)),
            choices
                .of(PREFIX + "qkv")
                .map(name -> choices.with(PREFIX + "store", name))
                .orElse(choices));
    return new WholeHeads(kernels, product, products, heads, headsPerBlock);
  }

  /** A product by our own kernels, for all lanes that a launch is sized for. */
  private final class Own implements Prepared {
    private final String operation;
    private final int pairs; // of rows of the weights, as the epilogue takes them
    private final int columns;
    private final List<Object> operands = new ArrayList<>(); // what is multiplied
    private final List<Object> results; // what becomes of the products
    private final List<Tile> tiles;
    private final Map<Tile, Kernels.Call> calls = new HashMap<>();
    private final Optional<Tile> chosen; // for any number of lanes

    Own(Op.Product op, Optional<String> name) {
      operation = operation(op);
      tiles = tiles(op.weights().format());
      chosen = tiles.stream().filter(t -> name.filter(t.label()::equals).isPresent()).findFirst();
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
          pairs = Math.ceilDiv(rows, 2);
          CudaBuffer out = CudaBuffer.of(to);
          results = List.of(out, rows, out.byRowFlag());
        }
        case Epilogue.Add(Buffer residual, Buffer to) -> {
          pairs = Math.ceilDiv(rows, 2);
          results = List.of(CudaBuffer.of(residual), CudaBuffer.of(to), rows);
        }
        case Epilogue.Gate(Buffer to) -> {
          pairs = to.columns();
          results = List.of(CudaBuffer.of(to), to.columns());
        }
        case Epilogue.Heads heads -> {
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
      values.addAll(results);
      return kernels.onLanes(Linears.this.name(operation, tile), values.toArray());
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
        call.launch(block.withGrid(count, Math.ceilDiv(pairs, geometry.pairs), 1), lanes);
        return;
      }
      int blocks = blocks(pairs, columns);
      for (int first = 0; first < count; first += LAUNCH_TILES) {
        call.set(1 + operands.size(), new Work(first * tile.lanes(), partials, arrived))
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

  private String name(String operation, Tile tile) {
    return PREFIX + operation + tile.suffix();
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
