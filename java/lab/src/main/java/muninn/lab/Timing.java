package muninn.lab;

import java.util.Arrays;

/**
 * How long something takes, measured in several rounds.
 *
 * @param nanos the median of the rounds, of one piece of work
 * @param fastest the shortest of the rounds, of one piece of work
 * @param spread slowest less fastest round, as a share of the median
 */
public record Timing(double nanos, double fastest, double spread, int rounds) {
  /** Rounds of the same work on a quiet machine lie within a few per cent. */
  private static final double NOISE = 0.2;

  /** Of what the rounds took for one piece of work each. */
  public static Timing of(double... rounds) {
    double[] sorted = rounds.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    double fastest = sorted[0];
    double spread = (sorted[sorted.length - 1] - fastest) / median;
    return new Timing(median, fastest, spread, sorted.length);
  }

  /** Whether the rounds lie so far apart that the median says little. */
  public boolean noisy() {
    return spread > NOISE;
  }
}
