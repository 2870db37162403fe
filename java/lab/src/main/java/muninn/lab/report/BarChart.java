package muninn.lab.report;

import java.util.List;

/**
 * Lying bars from 0, each of one part or several.
 *
 * @param value what their length is; linear
 * @param parts names of the parts, in the order they stand in; a legend shows them where there are
 *     several
 */
public record BarChart(Axis value, List<String> parts, List<Bar> bars) implements Chart {

  public BarChart {
    parts = List.copyOf(parts);
    bars = List.copyOf(bars);
  }

  /**
   * One bar.
   *
   * @param values as many as parts
   * @param text what stands at its end; empty lets its sum stand there
   */
  public record Bar(String label, List<Double> values, String text) {
    public Bar {
      values = List.copyOf(values);
    }

    double sum() {
      return values.stream().mapToDouble(Double::doubleValue).sum();
    }
  }

  /** Bars of one part. */
  public static BarChart of(Axis value, List<Bar> bars) {
    return new BarChart(value, List.of(value.label()), bars);
  }
}
