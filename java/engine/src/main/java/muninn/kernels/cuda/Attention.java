package muninn.kernels.cuda;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Gpu;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.Op;
import muninn.kernels.Variant;

/**
 * Paged attention. A block takes one tile of lanes and one head of queries, or several that share
 * keys, and a part of the context: where there are few tiles one split, so that one lane with a
 * long context keeps the whole GPU busy, else a run of a few, so that no long context among short
 * ones is what all wait for. The splits are at the same places and merged with the same operations
 * in both cases: how many lanes there are does not change a bit of any.
 */
final class Attention {
  private static final String OPERATION = "attention";
  private static final String SPLIT = "split"; // of a context, a block each
  private static final String RUN = "run"; // of splits
  private static final int PARTIALS = 7; // the argument, before arrivals, run and heads together

  private static final int STATIC_BYTES = 8192; // of shared memory, more than the kernels name
  private static final int STEP = 16; // elements of a head
  private static final int HEADER = 4; // floats before a split's values
  private static final long FIRST_BYTES = 4; // so that there is an address

  /** Blocks a multiprocessor from which on there are enough without splits: about four waves. */
  private static final int BLOCKS = 16;

  /** Most heads that a block takes one after another, of which each has less to look up. */
  private static final int TOGETHER = 8;

  private final Context context;
  private final Stream stream;
  private final Kernels kernels;
  private final int threads;
  private final int split; // positions
  private final int narrow; // elements of a head, up to which the first of two kernels goes
  private final int wide; // and the second

  // Results of splits, of one launch at a time; recordings refer to it, so what was outgrown stays.
  private DeviceMemory partials;
  private DeviceMemory arrivals;
  private final Map<String, Integer> allowedBytes = new HashMap<>(); // by kernel

  Attention(Context context, Stream stream, Kernels kernels) {
    this.context = context;
    this.stream = stream;
    this.kernels = kernels;
    Abi abi = new Abi(context, stream, kernels, "attention");
    threads = abi.value("THREADS");
    split = abi.value("SPLIT");
    abi.check("HEADER", HEADER);
    narrow = abi.value("NARROW");
    wide = abi.value("WIDE");
    reserve(FIRST_BYTES, FIRST_BYTES);
  }

  /** The widest heads that there is a kernel for, and shared memory. */
  int widest(DType dtype) {
    int most = context.gpu().attribute(Gpu.Attribute.MAX_SHARED_BYTES_PER_BLOCK) - STATIC_BYTES;
    int width = wide;
    Format plain = new Format.Plain(dtype);
    while (dtype == DType.BF16 && width > narrow && sharedBytes(width, plain) > most) {
      width -= STEP;
    }
    return width;
  }

  /** Names of the ways it is done. */
  static Map<String, List<String>> variants() {
    return Map.of(OPERATION, List.of(SPLIT, RUN));
  }

  List<Variant> variants(Op.Attend op) {
    int heads = op.q().columns() / op.cache().headWidth();
    int enough = Math.ceilDiv(BLOCKS * kernels.multiprocessors(), heads);
    return List.of(
        new Variant(OPERATION, SPLIT, 1, enough - 1),
        new Variant(OPERATION, RUN, enough, Integer.MAX_VALUE));
  }

  Prepared prepare(Op.Attend op, Choices choices) {
    return new Attend(op, choices.of(OPERATION));
  }

  private final class Attend implements Prepared {
    private final int heads; // of queries
    private final int kvHeads;
    private final int width;
    private final int shared;
    private final boolean oneByOne; // whether its kernel takes heads one after another
    private final Kernels.Call call;
    private final Optional<String> chosen;

    Attend(Op.Attend op, Optional<String> chosen) {
      this.chosen = chosen;
      CudaBuffer q = CudaBuffer.of(op.q());
      CudaKvCache cache = CudaKvCache.of(op.cache());
      width = cache.headWidth();
      heads = q.columns() / width;
      kvHeads = cache.heads();
      oneByOne = q.dtype() == DType.BF16;
      shared = oneByOne ? sharedBytes(width, cache.format()) : 0;
      String family = width <= narrow ? "attention" : "attention_wide";
      String kernel = kernels.typed(family + cache.suffix());
      if (shared > allowedBytes.getOrDefault(kernel, 0)) {
        kernels.kernel(kernel).allowSharedBytes(shared);
        allowedBytes.put(kernel, shared);
      }
      call =
          kernels.onLanes(
              kernel,
              q,
              CudaSequences.of(op.sequences()),
              cache,
              op.slot(),
              (float) (1 / Math.sqrt(width)),
              CudaBuffer.of(op.out()),
              partials,
              arrivals,
              1,
              1);
    }

    /** Whether a block takes a run of splits, else one. */
    private boolean runs(CudaLanes.Grid grid) {
      boolean enough = grid.lanes() * heads >= BLOCKS * kernels.multiprocessors();
      return chosen.map(RUN::equals).orElse(enough);
    }

    @Override
    public void reserve(CudaLanes.Grid grid) {
      // where each tile has one block, nothing is merged
      if ((runs(grid) ? grid.runs() : grid.splits()) > 1) {
        Attention.this.reserve(
            partialBytes(grid, heads, HEADER + width), arrivalBytes(grid, heads));
      }
    }

    @Override
    public void enqueue(CudaLanes lanes) {
      CudaLanes.Grid grid = lanes.grid();
      boolean runs = runs(grid);
      int together = runs ? together(grid) : 1;
      call.set(PARTIALS, partials, arrivals, runs ? CudaLanes.LONG : 1, together)
          .launch(
              Launch.of(1, threads)
                  .withGrid(
                      runs ? grid.runs() : grid.splits(),
                      Math.ceilDiv(kvHeads, together),
                      heads / kvHeads)
                  .withSharedBytes(shared),
              lanes);
    }

    /** Heads of keys that a block takes, as long as there are enough blocks. */
    private int together(CudaLanes.Grid grid) {
      long blocks = (long) grid.runs() * heads;
      int most = oneByOne ? Math.min(TOGETHER, kvHeads) : 1;
      return Math.clamp(blocks / ((long) BLOCKS * kernels.multiprocessors()), 1, most);
    }
  }

  /** Keys and values of a split. */
  private int sharedBytes(int width, Format format) {
    return 2 * split * CudaKvCache.rowBytes(format, width);
  }

  /** What it takes of the device's memory from the start. */
  static long deviceBytes() {
    return 2 * FIRST_BYTES;
  }

  /** What the results of splits take, at most, of so many lanes after so many positions each. */
  static long laterBytes(int lanes, int positions, int heads, int width) {
    CudaLanes.Grid grid = CudaLanes.largest(lanes, positions);
    return partialBytes(grid, heads, HEADER + width) + arrivalBytes(grid, heads);
  }

  private static long partialBytes(CudaLanes.Grid grid, int heads, int floats) {
    return (long) grid.rows() * heads * floats * Float.BYTES;
  }

  private static long arrivalBytes(CudaLanes.Grid grid, int heads) {
    return (long) grid.tiles() * heads * Integer.BYTES;
  }

  private void reserve(long partialBytes, long arrivalBytes) {
    if (partials == null || partials.bytes() < partialBytes) {
      partials = context.allocate(partialBytes);
    }
    if (arrivals == null || arrivals.bytes() < arrivalBytes) {
      arrivals = context.allocate(arrivalBytes);
      stream.fill(arrivals, 0, arrivals.bytes(), (byte) 0);
    }
  }
}
