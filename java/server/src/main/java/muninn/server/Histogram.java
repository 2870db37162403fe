package muninn.server;

import java.util.Arrays;

/** How often values fell below each of some bounds, as Prometheus counts them. Thread-safe. */
final class Histogram {
  private final double[] bounds;
  private final long[]
      counts; // of values at most bounds[i], and above the one before; last: the rest
  private double sum;

  /**
   * @param bounds ascending
   */
  Histogram(double... bounds) {
    this.bounds = bounds.clone();
    counts = new long[bounds.length + 1];
  }

  /** For times in seconds, from a millisecond to minutes. */
  static Histogram ofSeconds() {
    return new Histogram(
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160);
  }

  /** For numbers of things, from one to many. */
  static Histogram ofCounts() {
    return new Histogram(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384);
  }

  synchronized void add(double value) {
    int at = Arrays.binarySearch(bounds, value);
    counts[at >= 0 ? at : -at - 1]++;
    sum += value;
  }

  /** Writes it as a metric of this name. */
  synchronized void write(PrometheusText text, String name, String help) {
    text.describe(name, "histogram", help);
    long all = 0;
    for (int i = 0; i < bounds.length; i++) {
      all += counts[i];
      text.value(name + "_bucket", all, "le", PrometheusText.number(bounds[i]));
    }
    all += counts[bounds.length];
    text.value(name + "_bucket", all, "le", "+Inf");
    text.value(name + "_sum", sum);
    text.value(name + "_count", all);
  }
}
