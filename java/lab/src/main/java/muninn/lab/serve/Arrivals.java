package muninn.lab.serve;

import java.util.Random;

/** When requests come that nobody holds back. */
final class Arrivals {
  private Arrivals() {}

  /**
   * Nanoseconds from the start, in order. The times between two are drawn from a gamma
   * distribution, and all are stretched so that the last one comes when it should: runs of several
   * seeds then have the same rate.
   *
   * @param rate requests a second; infinite: all at once
   * @param shape of the distribution; infinite: in step
   */
  static long[] nanos(int count, double rate, double shape, long seed) {
    long[] nanos = new long[count];
    if (Double.isInfinite(rate)) {
      return nanos;
    }
    Random random = new Random(seed);
    double[] times = new double[count];
    double at = 0;
    for (int i = 0; i < count; i++) {
      at += Double.isInfinite(shape) ? 1 : gamma(shape, random) / shape;
      times[i] = at;
    }
    for (int i = 0; i < count; i++) {
      nanos[i] = Math.round(times[i] / at * count / rate * 1e9);
    }
    return nanos;
  }

  /** By Marsaglia and Tsang, A simple method for generating gamma variables (2000). */
  private static double gamma(double shape, Random random) {
    if (shape < 1) {
      double uniform = 1 - random.nextDouble(); // above 0
      return gamma(shape + 1, random) * Math.pow(uniform, 1 / shape);
    }
    double d = shape - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double x = random.nextGaussian();
      double v = Math.pow(1 + c * x, 3);
      if (v > 0 && Math.log(1 - random.nextDouble()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
        return d * v;
      }
    }
  }
}
