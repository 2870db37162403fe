package muninn.lab;

import java.util.Arrays;

/**
 * How long something takes, measured in several rounds.
 *
 * @param nanos the median of the rounds, of one piece of work
 * @param spread slowest less fastest round, as a share of the median
 */
public record Timing(double nanos, double spread, int rounds) {

  /** Of what the rounds took for one piece of work each. */
  static Timing of(double... rounds) {
    double[] sorted = rounds.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    return new Timing(median, (sorted[sorted.length - 1] - sorted[0]) / median, sorted.length);
  }
}
