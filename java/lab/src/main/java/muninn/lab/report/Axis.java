package muninn.lab.report;

import java.util.Map;

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

  Map<String, Object> option() {
    Map<String, Object> option =
        scale == Scale.LINEAR
            ? ChartOption.of("type", "value", "scale", true)
            : ChartOption.of("type", "log", "logBase", scale == Scale.LOG ? 10 : 2);
    option.put("name", label);
    if (Double.isFinite(low)) {
      option.put("min", low);
    }
    if (Double.isFinite(high)) {
      option.put("max", high);
    }
    return option;
  }

  /** The value, or null where the axis has no place for it. */
  Double place(double value) {
    boolean shown = Double.isFinite(value) && (scale == Scale.LINEAR || value > 0);
    return shown ? value : null;
  }

  /** An axis of names, from left to right. */
  static Map<String, Object> names(String label, Iterable<String> names) {
    return ChartOption.of("type", "category", "name", label, "data", names);
  }

  /** An axis of names, from top to bottom. */
  static Map<String, Object> rows(String label, Iterable<String> names) {
    Map<String, Object> rows = names(label, names);
    rows.put("inverse", true);
    return rows;
  }
}
