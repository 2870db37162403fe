package muninn.lab.trace;

import java.util.ArrayList;
import java.util.List;
import muninn.engine.Observer;

/** The same prompt from another initial state: how far from the first one's way it goes. */
public final class OtherStart {
  private final long seed;
  private final List<Trajectory> first;
  private final double[][] distance;
  private final boolean[][] agrees;
  private final float[][] ends;

  OtherStart(long seed, List<Trajectory> first) {
    this.seed = seed;
    this.first = first;
    int steps = first.getFirst().steps();
    distance = new double[first.size()][steps + 1];
    agrees = new boolean[first.size()][steps + 1];
    ends = new float[first.size()][];
  }

  public long seed() {
    return seed;
  }

  /** ‖s_j − first's s_j‖ / ‖first's s_j‖ of a position. */
  public double distance(int position, int j) {
    return distance[position][j];
  }

  /** Whether it would say the same as the first; at step 0, where nothing is said, it does not. */
  public boolean agrees(int position, int j) {
    return agrees[position][j];
  }

  /** Where positions end, {@code [positions][d]}. */
  List<float[]> ends() {
    return new ArrayList<>(List.of(ends));
  }

  /** Takes its measures of a run of the same positions. */
  Observer observer(Runnable tick) {
    return new Observer() {
      @Override
      public void begins(int position, float[] state) {
        measure(position, 0, state);
      }

      @Override
      public void steps(int position, int step, float[] state, float[] logits) {
        measure(position, step, state);
        int said = Distribution.of(logits).mostProbable();
        agrees[position][step] = said == first.get(position).said(step);
        tick.run();
      }
    };
  }

  private void measure(int position, int step, float[] state) {
    Trajectory beside = first.get(position);
    distance[position][step] = Vectors.distance(state, beside.state(step)) / beside.norm(step);
    if (step == beside.steps()) {
      ends[position] = state;
    }
  }
}
