package muninn.lab.trace;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import muninn.engine.Observer;

/** Notes states and predictions of all positions; knows already what each says in the end. */
final class StateRecorder implements Observer {
  private final int steps;
  private final Map<Integer, Distribution> deepest;
  private final Map<Integer, Notes> notes = new TreeMap<>();
  private final Runnable tick;

  /**
   * @param deepest by position
   * @param tick called after each step of a position
   */
  StateRecorder(int steps, Map<Integer, Distribution> deepest, Runnable tick) {
    this.steps = steps;
    this.deepest = deepest;
    this.tick = tick;
  }

  /** Of one position, by step. */
  static final class Notes {
    final float[][] states;
    final int[] said;
    final double[] probability;
    final double[] klPrevious;
    final double[] klDeepest;
    final double[] ended; // by the gate, with this step or before
    private Distribution previous;

    private Notes(int steps) {
      states = new float[steps + 1][];
      said = new int[steps + 1];
      said[0] = -1;
      probability = unknown(steps);
      klPrevious = unknown(steps);
      klDeepest = unknown(steps);
      ended = unknown(steps);
      ended[0] = 0;
    }

    private static double[] unknown(int steps) {
      double[] values = new double[steps + 1];
      Arrays.fill(values, Double.NaN);
      return values;
    }
  }

  @Override
  public void begins(int position, float[] state) {
    Notes of = new Notes(steps);
    of.states[0] = state;
    notes.put(position, of);
  }

  @Override
  public void steps(int position, int step, float[] state, float[] logits) {
    Notes of = notes.get(position);
    Distribution now = Distribution.of(logits);
    of.states[step] = state;
    of.said[step] = now.mostProbable();
    of.probability[step] = now.probability(now.mostProbable());
    of.klDeepest[step] = deepest.get(position).divergence(now);
    if (of.previous != null) {
      of.klPrevious[step] = of.previous.divergence(now);
    }
    of.previous = now;
    tick.run();
  }

  @Override
  public void gate(int position, int step, float ends) {
    double[] ended = notes.get(position).ended;
    ended[step] = ended[step - 1] + (1 - ended[step - 1]) * ends;
  }

  /** By position. */
  Map<Integer, Notes> notes() {
    return notes;
  }
}
