package muninn.kernels.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.cuda.TensorMap;
import muninn.kernels.Op;
import muninn.kernels.Op.Source;

/**
 * Linear products of bfloat16 weights and many lanes by {@code linear_wgmma.cu}, on GPUs of compute
 * capability 9.0. How a matrix is cut follows from the number of lane tiles, so a lane's last bits
 * depend on how many others there are.
 */
final class WgmmaLinears {
  /** As users choose it. */
  static final String NAME = "wgmma";

  private static final String SUFFIX = "_wgmma_bf16";
  private static final List<String> OPERATIONS = List.of("store", "add", "swiglu", "qkv");
  private static final int JOIN_THREADS = 256;
  private static final int JOIN_STEP = 8;

  // Arguments, behind the lane table.
  private static final int OPERANDS = 1;
  private static final int JOINED = 5;

  private final Context context;
  private final Stream stream;
  private final Kernels kernels;
  private final int threads;
  private final int sharedBytes;
  private final int tileLanes;
  private final int tilePairs;
  private final int stepColumns;
  private final int operandBox; // rows
  private final int weightBox;
  private final int leastSteps; // of a block
  private final int multiprocessors;
  private final Work work;
  private DeviceMemory joined; // operands side by side, of one operation at a time

  private WgmmaLinears(Context context, Stream stream, Kernels kernels) {
    this.context = context;
    this.stream = stream;
    this.kernels = kernels;
    Abi abi = new Abi(context, stream, kernels, "linear_wgmma");
    threads = abi.value("THREADS");
    sharedBytes = abi.value("SHARED");
    tileLanes = abi.value("LANES");
    tilePairs = abi.value("ROWS") / 2;
    stepColumns = abi.value("DEPTH");
    operandBox = abi.value("X_BOX");
    weightBox = abi.value("W_BOX");
    leastSteps = abi.value("LEAST_STEPS");
    multiprocessors = kernels.multiprocessors();
    DeviceMemory arrived = context.allocate((long) multiprocessors * abi.value("COUNTERS"));
    stream.fill(arrived, 0, arrived.bytes(), (byte) 0);
    work = new Work(0, context.allocate((long) multiprocessors * abi.value("PARTIAL")), arrived);
    for (String operation : OPERATIONS) {
      kernels.kernel(name(operation)).allowSharedBytes(sharedBytes);
    }
  }

  /** Whether these kernels are there for this GPU. */
  static boolean isKnown(Kernels kernels) {
    return kernels.has(name("store"));
  }

  static WgmmaLinears open(Context context, Stream stream, Kernels kernels) {
    return new WgmmaLinears(context, stream, kernels);
  }

  private static String name(String operation) {
    return "linear_" + operation + SUFFIX;
  }

  Prepared prepare(Op.Product op) {
    return new Product(op);
  }

  private TensorMap operands(DeviceMemory memory, int rows, int columns) {
    return TensorMap.of(context, memory.address(), rows, columns, operandBox, stepColumns);
  }

  private final class Product implements Prepared {
    private final CudaWeights weights;
    private final int pairs; // of rows of the weights
    private final Kernels.Call call;
    private final Optional<Kernels.Call> join; // where operands do not lie side by side
    private int joinedLanes; // that there is room for

    Product(Op.Product op) {
      weights = CudaWeights.of(op.weights());
      int rows = weights.rows();
      TensorMap map =
          TensorMap.of(
              context, weights.memory().address(), rows, weights.columns(), weightBox, stepColumns);
      List<Object> values = new ArrayList<>();
      switch (op.in()) {
        case Source.Table(var table) -> {
          CudaBuffer x = CudaBuffer.of(table);
          values.add(operands(x.memory(), x.rows(), x.columns()));
          join = Optional.empty();
        }
        case Source.Joined(var first, var second) -> {
          CudaBuffer s = CudaBuffer.of(first);
          Object e = CudaBuffer.of(second);
          values.add(map); // until there are operands
          join = Optional.of(kernels.onLanes("linear_join_bf16", 0, s, e, s.columns(), 0L));
        }
      }
      values.add(map);
      values.add(weights.columns());
      values.add(work);
      CudaEpilogue epilogue = CudaEpilogue.of(op);
      values.addAll(epilogue.arguments());
      pairs = epilogue.pairs();
      call = kernels.onLanes(name(CudaEpilogue.operation(op.then())), values.toArray());
    }

    @Override
    public void reserve(CudaLanes.Grid grid) {
      if (join.isEmpty() || joinedLanes >= grid.lanes()) {
        return;
      }
      joinedLanes = grid.lanes();
      DeviceMemory beside = joined((long) joinedLanes * weights.columns() * Short.BYTES);
      join.get().set(JOINED, beside);
      call.set(OPERANDS, operands(beside, joinedLanes, weights.columns()));
    }

    @Override
    public void enqueue(CudaLanes lanes) {
      int n = lanes.grid().lanes();
      if (join.isPresent()) {
        int steps = Math.ceilDiv(weights.columns() / JOIN_STEP, JOIN_THREADS);
        join.get().launch(Launch.of(1, JOIN_THREADS).withGrid(steps, n, 1), lanes);
      }
      int tiles = Math.ceilDiv(n, tileLanes);
      call.launch(
          Launch.of(1, threads).withSharedBytes(sharedBytes).withGrid(tiles, blocks(tiles), 1),
          lanes);
    }

    /** Blocks that share the matrix for a tile of lanes: all together as many as run at a time. */
    private int blocks(int tiles) {
      long steps =
          (long) Math.ceilDiv(pairs, tilePairs) * Math.ceilDiv(weights.columns(), stepColumns);
      return (int) Math.max(1, Math.min(steps / leastSteps, multiprocessors / tiles));
    }
  }

  /**
   * What was there before stays allocated: recordings use it. It begins with zeros, since copies of
   * boxes read the rows of lanes that are not there, too.
   */
  private DeviceMemory joined(long bytes) {
    if (joined == null || joined.bytes() < bytes) {
      joined = context.allocate(bytes);
      stream.fill(joined, 0, bytes, (byte) 0);
    }
    return joined;
  }
}
