package muninn.lab.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Lying bars from 0, each of one part or several. A bar has one colour, each part in a lighter
 * shade than the one before; so what a bar is and what a part is never look alike.
 *
 * @param value what their length is; linear
 * @param parts names of the parts, in the order they stand in; at most three
 */
public record BarChart(Axis value, List<String> parts, List<Bar> bars) implements Chart {
  private static final int ROW = 27;
  private static final List<Double> SHADES = List.of(1.0, 0.4, 0.2);

  public BarChart {
    parts = List.copyOf(parts);
    bars = List.copyOf(bars);
  }

  /**
   * One bar.
   *
   * @param colour by a name of {@link Colours}, or one of its own: {@code @soft}
   * @param values as many as parts
   * @param text what stands at its end; empty lets its sum stand there
   */
  public record Bar(String label, String colour, List<Double> values, String text) {
    public Bar {
      values = List.copyOf(values);
    }

    private String end() {
      return text.isEmpty()
          ? Numbers.shown(values.stream().mapToDouble(Double::doubleValue).sum())
          : text;
    }
  }

  /** Bars of one part. */
  public static BarChart of(Axis value, List<Bar> bars) {
    return new BarChart(value, List.of(value.label()), bars);
  }

  @Override
  public Map<String, Object> option() {
    List<Object> series = new ArrayList<>();
    for (int p = 0; p < parts.size(); p++) {
      int part = p;
      double shade = SHADES.get(p);
      series.add(
          ChartOption.of(
              "type",
              "bar",
              "stack",
              "all",
              "name",
              parts.get(p),
              "color",
              "@ink",
              "shade",
              shade,
              "data",
              bars.stream().map(bar -> item(bar, part, shade)).toList()));
    }
    series.add(
        ChartOption.of(
            "type", "bar", "stack", "all", "data", bars.stream().map(BarChart::end).toList()));
    Map<String, Object> x = value.option();
    x.put("scale", false);
    return ChartOption.of(
        "yAxis",
        Axis.rows("", bars.stream().map(Bar::label).toList()),
        "xAxis",
        x,
        "series",
        series);
  }

  private static Map<String, Object> item(Bar bar, int part, double shade) {
    return ChartOption.of(
        "value",
        bar.values().get(part),
        "itemStyle",
        ChartOption.of("color", bar.colour(), "shade", shade));
  }

  /** Nothing to be seen, which bears the text at the bar's end. */
  private static Map<String, Object> end(Bar bar) {
    return ChartOption.of("value", 0, "label", ChartOption.of("formatter", bar.end()));
  }

  @Override
  public int height() {
    return ROW * bars.size() + 70;
  }

  @Override
  public Table numbers() {
    List<Column<Bar>> columns = new ArrayList<>();
    columns.add(Column.read("bar", ColumnFormat.PLAIN, Bar::label));
    for (int p = 0; p < parts.size(); p++) {
      int part = p;
      columns.add(Column.read(parts.get(p), ColumnFormat.PLAIN, bar -> bar.values().get(part)));
    }
    columns.add(Column.read("shown", ColumnFormat.PLAIN, Bar::text));
    return Table.of("", "", columns, bars);
  }
}
