package muninn.kernels.cuda;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Stream;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;
import muninn.kernels.Op.Source;
import muninn.kernels.Variant;

/**
 * Linear products with what comes before and after them: by which kernels each is done. Up to 64
 * lanes that is {@link OwnLinears}; beyond, a matrix library where there is one ({@link
 * LibraryLinears}), or {@link WgmmaLinears} where that was chosen.
 */
final class Linears implements AutoCloseable {
  /** Lanes from which on a matrix library multiplies, where there is one, are more than these. */
  private static final int MOST_LANES = 64;

  /**
   * The same of codes, which a library's product must have decoded before it: as long as three
   * passes of our kernels take (docs/expect.md).
   */
  private static final int MOST_CODED_LANES = 192;

  private static final String LIBRARY = "library";
  private static final String PREFIX = "linear_";

  private final Context context;
  private final Stream stream;
  private final Kernels kernels;
  private final DType dtype;
  private final Switches switches;
  private final int headsPerBlock; // that are appended with scales
  private final OwnLinears own;
  private final Optional<LibraryLinears> library;
  private final boolean wgmmaKnown;
  private WgmmaLinears wgmma; // once it was chosen
  private DeviceMemory headed; // [lanes, (H + 2K) · D] of one operation at a time

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
    wgmmaKnown = dtype == DType.BF16 && !deterministic && WgmmaLinears.isKnown(kernels);
    this.switches = switches;
    library = gemm.map(found -> new LibraryLinears(context, kernels, found));
    headsPerBlock = new Abi(context, stream, kernels, "heads").value("WARPS");
    own = new OwnLinears(context, stream, kernels, dtype, switches);
  }

  /** Names of what products can be done by, by operation. */
  Map<String, List<String>> variants() {
    List<String> names = new ArrayList<>();
    own.tiles(new Format.Plain(dtype)).forEach(tile -> names.add(tile.label()));
    library.ifPresent(_ -> names.add(LIBRARY));
    if (wgmmaKnown) {
      names.add(WgmmaLinears.NAME);
    }
    Map<String, List<String>> known = new LinkedHashMap<>();
    OwnLinears.OPERATIONS.forEach(operation -> known.put(PREFIX + operation, names));
    return known;
  }

  /** What a product can be done by. */
  List<Variant> variants(Op.Product op) {
    String operation = operation(op);
    List<Variant> all = new ArrayList<>();
    int from = 1;
    boolean library = this.library.isPresent();
    int ownLanes = ownLanes(op);
    for (Tile tile : own.tiles(op.weights().format())) {
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

  /** As users choose kernels for it. */
  private static String operation(Op.Product op) {
    return PREFIX + OwnLinears.operation(op);
  }

  /** Lanes that our kernels multiply even where there is a library. */
  private int ownLanes(Op.Product op) {
    boolean coded = op.weights().format() instanceof Format.Coded;
    return switches.libraryFrom().orElse(1 + (coded ? MOST_CODED_LANES : MOST_LANES)) - 1;
  }

  /** Takes the room that products of a matrix will need. */
  void reserve(CudaWeights weights) {
    library.ifPresent(it -> it.reserve(weights));
  }

  Prepared prepare(Op.Product op, Choices choices) {
    if (op.then() instanceof Epilogue.Heads heads && isHeaded(heads)) {
      return whole(op, heads, choices);
    }
    Optional<String> chosen = choices.of(operation(op));
    if (chosen.filter(WgmmaLinears.NAME::equals).isPresent()
        && op.weights().format() instanceof Format.Plain) {
      if (wgmma == null) {
        wgmma = WgmmaLinears.open(context, stream, kernels);
      }
      return wgmma.prepare(op);
    }
    Prepared few = own.prepare(op, chosen);
    if (library.isEmpty() || chosen.isPresent() && !chosen.get().equals(LIBRARY)) {
      return few;
    }
    Prepared many = library.get().prepare(op);
    return chosen.isPresent() ? many : new ByLanes(ownLanes(op), few, many);
  }

  /** The same by one of two ways, whichever is the better for the lanes of a launch. */
  private record ByLanes(int mostFew, Prepared few, Prepared many) implements Prepared {
    @Override
    public void reserve(CudaLanes.Grid grid) {
      on(grid).reserve(grid);
    }

    @Override
    public void enqueue(CudaLanes lanes) {
      on(lanes.grid()).enqueue(lanes);
    }

    private Prepared on(CudaLanes.Grid grid) {
      return grid.lanes() > mostFew ? many : few;
    }
  }

  private static boolean isHeaded(Epilogue.Heads heads) {
    return heads.norms() != null || heads.cache().format() instanceof Format.Scaled;
  }

  /** What is kept of a product before it is finished, in room that all have one after another. */
  static long headedBytes(Op.Product op) {
    return op.then() instanceof Epilogue.Heads heads && isHeaded(heads)
        ? (long) ((Source.Table) op.in()).x().rows() * op.weights().rows() * Float.BYTES
        : 0;
  }

  /** A norm needs the whole row, and a scale a head's: the product is kept and then finished. */
  private Prepared whole(Op.Product op, Epilogue.Heads heads, Choices choices) {
    int rows = op.weights().rows();
    int lanes = ((Source.Table) op.in()).x().rows();
    long bytes = headedBytes(op);
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

  @Override
  public void close() {
    library.ifPresent(LibraryLinears::close);
  }
}
