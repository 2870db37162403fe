package muninn.lab.serve;

import java.util.Arrays;

/**
 * How observations are spread. Percentiles lie between two observations in proportion, as numpy has
 * them by default: so figures can be held against those of other load generators.
 */
final class Spread {
  private final double[] sorted;

  Spread(double[] observations) {
    sorted = observations.clone();
    Arrays.sort(sorted);
  }

  /** 0 without observations, as all of these. */
  double mean() {
    return Arrays.stream(sorted).average().orElse(0);
  }

  /** Standard deviation of these observations, not of what they may be drawn from. */
  double deviation() {
    double mean = mean();
    return Math.sqrt(Arrays.stream(sorted).map(x -> (x - mean) * (x - mean)).average().orElse(0));
  }

  double median() {
    return percentile(50);
  }

  /**
   * @param percent from 0 to 100
   */
  double percentile(double percent) {
    if (sorted.length == 0) {
      return 0;
    }
    double place = percent / 100 * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
