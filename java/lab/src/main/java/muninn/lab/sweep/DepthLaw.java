package muninn.lab.sweep;

import java.util.Optional;
import java.util.function.IntToDoubleFunction;

/**
 * How predictions settle with depth: what is said after r steps is another thing than what full
 * depth says in a share of {@code β · r^−α} of positions, as LoopSpec (2026, arXiv 2609.17184)
 * found it of looped models. From a few measured shares it gives those of all depths.
 */
record DepthLaw(double alpha, double beta) {

  /**
   * Two depths at which to guess, of those whose multiples meet: the first divides the second, so
   * that passes of prelude, coda and head serve all lanes that need one together.
   *
   * <p>A position opens when its predecessor has guessed right: after the first depth d₁, else
   * after the second, else at the end. Until then ticks pass; every d₁-th also passes prelude, coda
   * and head.
   */
  record Depths(int first, int second) {

    /**
     * The depths that make a token cheapest.
     *
     * @param apart share of guesses that are wrong after so many steps
     * @param steps full depth, at least 2
     * @param passCost of a pass of prelude, coda and head, in steps of the core
     */
    static Depths best(IntToDoubleFunction apart, int steps, double passCost) {
      Depths best = new Depths(1, 1);
      for (int first = 1; first < steps; first++) {
        for (int second = first; second < steps; second += first) {
          Depths depths = new Depths(first, second);
          if (depths.cost(apart, steps, passCost) < best.cost(apart, steps, passCost)) {
            best = depths;
          }
        }
      }
      return best;
    }

    /** What a token costs so, in steps of the core. */
    double cost(IntToDoubleFunction apart, int steps, double passCost) {
      double atFirst = apart.applyAsDouble(first);
      double atSecond = Math.min(atFirst, apart.applyAsDouble(second));
      double wait = first * (1 - atFirst) + second * (atFirst - atSecond) + steps * atSecond;
      return wait * (1 + passCost / first);
    }
  }

  /**
   * The law nearest to measured shares, by least squares of their logarithms. A share is weighed by
   * itself: where one position in a thousand differs, its logarithm says little. So are those
   * beyond half of all steps left out, which end at 0 by what they are held against.
   *
   * @param apart by steps − 1, up to full depth: how often a prediction was another one than at
   *     full depth, or how far the distribution was from that one (total variation)
   * @return empty where fewer than two depths differ at all: nothing is to be learnt of a slope
   */
  static Optional<DepthLaw> fit(double[] apart) {
    double weights = 0;
    double x = 0;
    double y = 0;
    int points = 0;
    int most = Math.max(2, apart.length / 2);
    for (int r = 1; r <= most && r <= apart.length; r++) {
      double weight = apart[r - 1];
      if (weight > 0) {
        points++;
        weights += weight;
        x += weight * Math.log(r);
        y += weight * Math.log(weight);
      }
    }
    if (points < 2) {
      return Optional.empty();
    }
    double xx = 0;
    double xy = 0;
    for (int r = 1; r <= most && r <= apart.length; r++) {
      double weight = apart[r - 1];
      if (weight > 0) {
        double dx = Math.log(r) - x / weights;
        xx += weight * dx * dx;
        xy += weight * dx * (Math.log(weight) - y / weights);
      }
    }
    double alpha = Math.max(0, -xy / xx); // predictions that get worse with depth have no law
    return Optional.of(new DepthLaw(alpha, Math.exp(y / weights + alpha * x / weights)));
  }

  /** The share that is still apart after so many steps. */
  double apart(int steps) {
    return Math.min(1, beta * Math.pow(steps, -alpha));
  }

  /** The {@linkplain Depths#best best} depths by this law. */
  public Depths propose(int steps, double passCost) {
    return Depths.best(this::apart, steps, passCost);
  }
}
