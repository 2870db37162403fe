package muninn.lab.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Series over a common x, with a band where points have intervals. */
public record LineChart(
    Axis x, Axis y, List<Series> series, Colours colours, List<Reference> references)
    implements Chart {
  private static final int KINDS = 8;

  public LineChart {
    series = List.copyOf(series);
    references = List.copyOf(references);
  }

  /**
   * One line.
   *
   * @param dots whether each point is marked too, which few points deserve
   */
  public record Series(String name, List<Point> points, boolean dots) {
    public Series {
      points = List.copyOf(points);
    }
  }

  /** A horizontal line to compare with, such as a threshold. */
  public record Reference(String label, double y) {}

  /** Of kinds, without references. */
  public static LineChart of(Axis x, Axis y, List<Series> series) {
    return new LineChart(x, y, series, Colours.KINDS, List.of());
  }

  @Override
  public Map<String, Object> option() {
    List<Object> drawn = new ArrayList<>();
    for (int i = 0; i < series.size(); i++) {
      Series one = series.get(i);
      String colour = colours.of(i, series.size());
      List<List<Double>> band = band(one);
      if (!band.isEmpty()) {
        drawn.add(
            ChartOption.of(
                "type",
                "custom",
                "renderItem",
                "band",
                "name",
                one.name(),
                "color",
                colour,
                "data",
                band));
      }
      drawn.add(line(one, colour, i >= KINDS && colours == Colours.KINDS));
    }
    references.forEach(reference -> drawn.add(line(reference)));
    return ChartOption.of("xAxis", x.option(), "yAxis", y.option(), "series", drawn);
  }

  private Map<String, Object> line(Series one, String colour, boolean dashed) {
    List<List<Double>> data =
        one.points().stream().map(p -> Arrays.asList(x.place(p.x()), y.place(p.y()))).toList();
    boolean dots = one.dots() || data.size() == 1;
    Map<String, Object> line =
        ChartOption.of(
            "type", "line", "name", one.name(), "color", colour, "showSymbol", dots, "data", data);
    if (dashed) {
      line.put("lineStyle", ChartOption.of("type", "dashed"));
    }
    return line;
  }

  private List<List<Double>> band(Series one) {
    return one.points().stream()
        .filter(Point::hasBand)
        .map(p -> Arrays.asList(x.place(p.x()), y.place(p.low()), y.place(p.high())))
        .filter(point -> !point.contains(null))
        .toList();
  }

  private static Map<String, Object> line(Reference reference) {
    return ChartOption.of(
        "type",
        "line",
        "data",
        List.of(),
        "markLine",
        ChartOption.of(
            "data", List.of(ChartOption.of("yAxis", reference.y(), "name", reference.label()))));
  }

  @Override
  public Table numbers() {
    record At(Series series, Point point) {}

    List<Column<At>> columns =
        new ArrayList<>(
            List.of(
                Column.read("series", ColumnFormat.PLAIN, at -> at.series.name()),
                Column.read(x.label(), ColumnFormat.PLAIN, at -> at.point.x()),
                Column.read(y.label(), ColumnFormat.PLAIN, at -> at.point.y())));
    if (series.stream().flatMap(s -> s.points().stream()).anyMatch(Point::hasBand)) {
      columns.add(Column.read("low", ColumnFormat.PLAIN, at -> at.point.low()));
      columns.add(Column.read("high", ColumnFormat.PLAIN, at -> at.point.high()));
    }
    return Table.of(
        "",
        "",
        columns,
        series.stream().flatMap(s -> s.points().stream().map(p -> new At(s, p))).toList());
  }
}
