package muninn.kernels.cuda;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import muninn.cuda.GraphExec;

/**
 * The graphs that a program was recorded as: one for each lane table, each of the two places that
 * its lanes may stand in, and each size of launches. Of many, those that served least recently are
 * given up, since the driver keeps memory of the GPU for each.
 */
final class Recordings {
  /**
   * Of a program. A batch that grows and shrinks goes through a few dozen sizes, each in two
   * places.
   */
  static final int MOST = 256;

  private final int most;
  private final Map<Key, GraphExec> graphs = new LinkedHashMap<>(16, 0.75F, true);

  private record Key(CudaLanes lanes, int turn, CudaLanes.Grid grid) {}

  Recordings(int most) {
    this.most = most;
  }

  /** The one for lanes where they stand, recorded if need be. */
  GraphExec of(CudaLanes lanes, Supplier<GraphExec> record) {
    Key key = new Key(lanes, lanes.turn(), lanes.grid());
    GraphExec graph = graphs.get(key);
    if (graph == null) {
      graph = record.get();
      graphs.put(key, graph);
      if (graphs.size() > most) {
        giveUp(graphs.keySet().iterator().next());
      }
    }
    return graph;
  }

  /** What is on its way of it is done all the same. */
  private void giveUp(Key key) {
    graphs.remove(key).close();
  }
}
