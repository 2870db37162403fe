package muninn.kernels.cuda;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import muninn.cuda.Graph;
import muninn.cuda.GraphExec;
import muninn.cuda.Nvtx;
import muninn.cuda.Stream;
import muninn.kernels.Lanes;
import muninn.kernels.Routine;

/**
 * A program on a CUDA device. One of several operations is recorded as a graph for each table and
 * size of launch, and is then one launch; a single operation is enqueued as it is.
 */
final class CudaRoutine implements Routine {
  private final String name;
  private final List<Prepared> operations;
  private final Tables tables;
  private final Stream stream;
  private final Nvtx nvtx;
  private final Map<Key, GraphExec> recorded = new HashMap<>();

  private record Key(CudaLanes lanes, CudaLanes.Grid grid) {}

  /**
   * @param tables that the operations read beside the lanes
   */
  CudaRoutine(String name, List<Prepared> operations, Tables tables, Stream stream, Nvtx nvtx) {
    this.name = name;
    this.operations = operations;
    this.tables = tables;
    this.stream = stream;
    this.nvtx = nvtx;
  }

  @Override
  public void run(Lanes table) {
    CudaLanes lanes = CudaLanes.of(table);
    if (lanes.size() == 0) {
      return;
    }
    try (Nvtx.Range _ = nvtx.range(name)) {
      tables.bring(lanes);
      CudaLanes.Grid grid = lanes.grid();
      if (operations.size() > 1) {
        stream.launch(recorded.computeIfAbsent(new Key(lanes, grid), this::record));
      } else {
        operations.forEach(operation -> operation.reserve(grid));
        operations.forEach(operation -> operation.enqueue(lanes));
      }
    }
  }

  private GraphExec record(Key key) {
    operations.forEach(operation -> operation.reserve(key.grid));
    Runnable enqueue = () -> operations.forEach(operation -> operation.enqueue(key.lanes));
    try (Graph graph = stream.capture(enqueue)) {
      return graph.instantiate();
    }
  }
}
