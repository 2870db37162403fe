package muninn.engine;

import java.util.Arrays;
import java.util.Map;

/**
 * Learns after how many steps a model's predictions settle, and which draft depth that makes best.
 * With draft depth d the next position waits until the first multiple of d at which the prediction
 * has settled, and a pass of coda and head is paid every d steps; the best d makes their product
 * least. What is learnt comes from positions that are asked after every step.
 */
final class DraftDepth {
  static final int LEARN_FROM = 8; // positions
  private static final double FORGET = 0.97;

  private static final double EVEN = 1 + 1e-9;

  private final double codaCost;
  private double[] settled = new double[0]; // by steps − 1, how often predictions settled there
  private double seen;

  /**
   * @param codaCost of a pass of coda and head, in steps of the core
   */
  DraftDepth(double codaCost) {
    this.codaCost = codaCost;
  }

  /** The draft depth for positions of so many steps; 1 until enough were seen. */
  int best(int steps) {
    if (seen < LEARN_FROM) {
      return 1;
    }
    int best = 1;
    for (int depth = 2; depth < steps; depth *= 2) {
      if (cost(depth) <= cost(best) * EVEN) { // as good with fewer passes is better
        best = depth;
      }
    }
    return best;
  }

  private double cost(int depth) {
    double wait = 0;
    for (int i = 0; i < settled.length; i++) {
      wait += settled[i] * Math.ceilDiv(i + 1, depth) * depth;
    }
    return wait * (1 + codaCost / depth);
  }

  /** Takes in what a lane guessed after each of its steps, now that its token is known. */
  void learn(Lane lane, int token) {
    int steps = lane.steps(); // where it settled at the latest
    for (Map.Entry<Integer, Integer> guess : lane.guesses.descendingMap().entrySet()) {
      if (guess.getValue() != token) {
        break;
      }
      steps = guess.getKey();
    }
    if (steps > settled.length) {
      settled = Arrays.copyOf(settled, steps);
    }
    for (int i = 0; i < settled.length; i++) {
      settled[i] *= FORGET;
    }
    settled[steps - 1]++;
    seen++;
  }
}
