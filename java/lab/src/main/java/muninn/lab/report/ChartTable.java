package muninn.lab.report;

import java.util.ArrayList;
import java.util.List;

/** The numbers of a chart as a table, for readers who cannot see it or want to copy them. */
final class ChartTable {
  private ChartTable() {}

  static Table of(Figure figure) {
    return switch (figure.chart()) {
      case LineChart lines -> lines(figure, lines);
      case ScatterChart scatter -> scatter(figure, scatter);
      case HeatMap map -> map(figure, map);
      case BarChart bars -> bars(figure, bars);
      case RooflineChart roofline -> roofline(figure, roofline);
      case TimelineChart timeline -> timeline(figure, timeline);
    };
  }

  private static Table lines(Figure figure, LineChart chart) {
    boolean banded =
        chart.series().stream().flatMap(s -> s.points().stream()).anyMatch(Point::hasBand);
    List<List<Object>> rows = new ArrayList<>();
    for (LineChart.Series series : chart.series()) {
      for (Point p : series.points()) {
        rows.add(
            banded
                ? List.of(series.name(), p.x(), p.y(), p.low(), p.high())
                : List.of(series.name(), p.x(), p.y()));
      }
    }
    String x = chart.x().label();
    String y = chart.y().label();
    return new Table(
        "numbers",
        figure.title(),
        banded ? List.of("series", x, y, "low", "high") : List.of("series", x, y),
        rows);
  }

  private static Table scatter(Figure figure, ScatterChart chart) {
    List<List<Object>> rows = new ArrayList<>();
    for (ScatterChart.Group group : chart.groups()) {
      for (ScatterChart.Dot dot : group.dots()) {
        rows.add(List.of(group.name(), dot.x(), dot.y(), dot.label()));
      }
    }
    return new Table(
        "numbers",
        figure.title(),
        List.of("group", chart.x().label(), chart.y().label(), "label"),
        rows);
  }

  private static Table map(Figure figure, HeatMap map) {
    List<String> columns = new ArrayList<>(List.of(map.rowLabel() + " \\ " + map.columnLabel()));
    columns.addAll(map.columns());
    List<List<Object>> rows = new ArrayList<>();
    for (int r = 0; r < map.rows().size(); r++) {
      List<Object> row = new ArrayList<>(List.of(map.rows().get(r)));
      for (int c = 0; c < map.columns().size(); c++) {
        double value = map.values().get(r).get(c);
        row.add(
            map.texts().isEmpty()
                ? (Object) value
                : map.texts().get(r).get(c) + " (" + Numbers.shown(value) + ")");
      }
      rows.add(row);
    }
    return new Table("numbers", figure.title(), columns, rows);
  }

  private static Table bars(Figure figure, BarChart chart) {
    List<String> columns = new ArrayList<>(List.of("bar"));
    columns.addAll(chart.parts());
    columns.add("shown");
    List<List<Object>> rows = new ArrayList<>();
    for (BarChart.Bar bar : chart.bars()) {
      List<Object> row = new ArrayList<>(List.of(bar.label()));
      row.addAll(bar.values());
      row.add(bar.text());
      rows.add(row);
    }
    return new Table("numbers", figure.title(), columns, rows);
  }

  private static Table timeline(Figure figure, TimelineChart chart) {
    List<List<Object>> rows = new ArrayList<>();
    for (TimelineChart.Row row : chart.rows()) {
      for (TimelineChart.Stretch stretch : row.stretches()) {
        rows.add(
            List.of(
                row.name(),
                stretch.name(),
                chart.kinds().get(stretch.kind()),
                stretch.from(),
                stretch.to()));
      }
    }
    return new Table("numbers", figure.title(), List.of("row", "name", "kind", "from", "to"), rows);
  }

  private static Table roofline(Figure figure, RooflineChart chart) {
    List<List<Object>> rows = new ArrayList<>();
    for (RooflineChart.Work work : chart.works()) {
      rows.add(
          List.of(
              work.name(),
              work.flop(),
              work.bytes(),
              work.seconds(),
              work.intensity(),
              work.flopPerSecond()));
    }
    return new Table(
        "numbers",
        figure.title(),
        List.of("name", "FLOP", "bytes", "seconds", "FLOP a byte", "FLOP/s"),
        rows);
  }
}
