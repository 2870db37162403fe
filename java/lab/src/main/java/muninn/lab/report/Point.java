package muninn.lab.report;

/**
 * A point of a series.
 *
 * @param low lower end of its confidence interval; NaN has none
 * @param high upper end
 */
public record Point(double x, double y, double low, double high) {

  public static Point of(double x, double y) {
    return new Point(x, y, Double.NaN, Double.NaN);
  }

  /** The same with a confidence interval. */
  public Point within(double low, double high) {
    return new Point(x, y, low, high);
  }

  boolean hasBand() {
    return Double.isFinite(low) && Double.isFinite(high);
  }
}
