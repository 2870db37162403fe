package muninn.kernels.cuda;

import java.util.HashMap;
import java.util.Map;
import muninn.cuda.Graph;
import muninn.cuda.GraphExec;
import muninn.cuda.Stream;

/**
 * Stages as CUDA graphs, one for each size of launch: a stage runs its operations one by one the
 * first time, when libraries choose how to do them, is recorded the second time, and from then on
 * is one launch.
 */
final class Stages {
  private final Stream stream;
  private final Map<Key, State> states = new HashMap<>();
  private boolean recording;

  private record Key(String name, CudaLanes lanes, CudaLanes.Grid grid) {}

  private static final class State {
    GraphExec recorded; // null until the second run
  }

  Stages(Stream stream) {
    this.stream = stream;
  }

  /** Whether operations are being recorded: then nothing may be uploaded. */
  boolean recording() {
    return recording;
  }

  void run(String name, CudaLanes lanes, Runnable operations) {
    State state = states.get(new Key(name, lanes, lanes.grid()));
    if (state == null) {
      operations.run();
      states.put(new Key(name, lanes, lanes.grid()), new State());
      return;
    }
    if (state.recorded == null) {
      state.recorded = record(operations);
    }
    stream.launch(state.recorded);
  }

  private GraphExec record(Runnable operations) {
    recording = true;
    try (Graph graph = stream.capture(operations)) {
      return graph.instantiate();
    } finally {
      recording = false;
    }
  }
}
