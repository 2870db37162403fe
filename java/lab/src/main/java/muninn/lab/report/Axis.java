package muninn.lab.report;

/**
 * One direction of a chart.
 *
 * @param label what is counted, with its unit
 * @param low where it begins; NaN takes it from the data
 * @param high where it ends; NaN takes it from the data
 */
public record Axis(String label, Scale scale, double low, double high) {

  /** How values become distances. */
  public enum Scale {
    LINEAR,
    /** Only values above 0 are drawn. */
    LOG,
    /** Logarithmic to base 2, for 1, 2, 4, 8 … */
    LOG2
  }

  public static Axis linear(String label) {
    return new Axis(label, Scale.LINEAR, Double.NaN, Double.NaN);
  }

  public static Axis log(String label) {
    return new Axis(label, Scale.LOG, Double.NaN, Double.NaN);
  }

  public static Axis log2(String label) {
    return new Axis(label, Scale.LOG2, Double.NaN, Double.NaN);
  }

  /** The same with ends of its own; NaN leaves one to the data. */
  public Axis from(double low, double high) {
    return new Axis(label, scale, low, high);
  }
}
