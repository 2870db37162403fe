package muninn.kernels.cuda;

import java.util.List;
import muninn.cuda.Graph;
import muninn.cuda.GraphExec;
import muninn.cuda.Nvtx;
import muninn.cuda.Stream;
import muninn.kernels.Lanes;
import muninn.kernels.Routine;

/**
 * A program on a CUDA device. One of several operations is recorded as a graph ({@link
 * Recordings}), and is then one launch; a single operation is enqueued as it is.
 */
final class CudaRoutine implements Routine {
  private final String name;
  private final List<Prepared> operations;
  private final Tables tables;
  private final Stream stream;
  private final Nvtx nvtx;
  private final Recordings recordings = new Recordings(Recordings.MOST);

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
      if (operations.size() > 1) {
        stream.launch(recordings.of(lanes, () -> record(lanes)));
      } else {
        operations.forEach(operation -> operation.reserve(lanes.grid()));
        operations.forEach(operation -> operation.enqueue(lanes));
      }
    }
  }

  private GraphExec record(CudaLanes lanes) {
    operations.forEach(operation -> operation.reserve(lanes.grid()));
    Runnable enqueue = () -> operations.forEach(operation -> operation.enqueue(lanes));
    try (Graph graph = stream.capture(enqueue)) {
      return graph.instantiate();
    }
  }
}
