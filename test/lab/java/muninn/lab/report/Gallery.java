package muninn.lab.report;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import muninn.lab.report.LineChart.Series;
import muninn.lab.report.ScatterChart.Dot;
import muninn.lab.report.ScatterChart.Group;

/** A report with one of each kind of chart, and with texts that would break a careless page. */
public final class Gallery {
  static final String NASTY =
      "a<b> & \"c\" 'd' </script><script>alert(1)</script> <!-- ]]> \u2028 @kind1 \u0000\ud800";

  private Gallery() {}

  /** A report as a page. */
  public static String page(Report report) {
    return Page.of(report, "report");
  }

  static Header header() {
    return header(NASTY);
  }

  /** Of a run of some model. */
  public static Header header(String model) {
    return new Header(
        "trace",
        List.of("trace", "--prompt", "9 + 1=", "--steps", "8", "it's"),
        "0.1.0",
        Optional.of("0123456789abcdef"),
        Instant.EPOCH,
        model,
        new Header.ModelId("abc", "all of it"),
        "cpu",
        "none",
        "one, 4 cores",
        7,
        Map.of("steps", "8"));
  }

  /** A row of a table. */
  record Row(String name, double value, Boolean missing) {}

  static Table rows() {
    return Table.of(
        "rows",
        NASTY,
        List.of(
            Column.<Row>of("name", Row::name).as("what it is"),
            Column.of("value", Row::value),
            Column.of("missing", Row::missing),
            Column.read("in per cent", ColumnFormat.PERCENT, Row::value)),
        List.of(new Row("x, \"y\"", 0.1, null), new Row("z", Double.NaN, true)));
  }

  static Report report() {
    List<Section.Block> blocks = new ArrayList<>();
    blocks.add(new Section.Text("A paragraph: " + NASTY));
    blocks.addAll(figures());
    blocks.add(new Section.Shown(rows()));
    return new Report(
        NASTY,
        "All kinds of charts.",
        header(),
        List.of(new Section("Charts", blocks)),
        List.of(rows()));
  }

  static List<Figure> figures() {
    return List.of(
        figure(lines()),
        figure(spirals()),
        figure(front()),
        figure(field()),
        figure(bars()),
        figure(timeline()),
        figure(roofline()));
  }

  private static Figure figure(Chart chart) {
    return new Figure(chart.getClass().getSimpleName() + " " + NASTY, "A note: " + NASTY, chart);
  }

  static LineChart lines() {
    List<Series> series = new ArrayList<>();
    for (int s = 0; s < 20; s++) {
      List<Point> points = new ArrayList<>();
      for (int i = 1; i <= 64; i++) {
        double y = Math.exp(-i / (4.0 + s)) + 1e-6;
        points.add(s == 0 ? Point.of(i, y).within(y * 0.7, y * 1.3) : Point.of(i, y));
      }
      points.add(Point.of(65, 0));
      points.add(Point.of(66, Double.NaN));
      points.add(Point.of(67, Double.POSITIVE_INFINITY));
      series.add(new Series(s == 3 ? NASTY : "series " + s, points, s == 1));
    }
    return new LineChart(
        Axis.log2("step"),
        Axis.log("change").from(1e-10, Double.NaN),
        series,
        Chart.Colours.RAMP,
        List.of(new LineChart.Reference(NASTY, 0.03)));
  }

  static ScatterChart spirals() {
    List<Group> paths = new ArrayList<>();
    for (int s = 0; s < 3; s++) {
      int turn = s;
      List<Dot> dots =
          IntStream.range(0, 40)
              .mapToObj(i -> Dot.of(Math.cos(i / 3.0 + turn) / i, Math.sin(i / 3.0 + turn)))
              .toList();
      paths.add(new Group("path " + s, ScatterChart.Style.PATH, dots));
    }
    return new ScatterChart(
        Axis.linear("first"), Axis.linear("second"), paths, Chart.Colours.RAMP, true);
  }

  static ScatterChart front() {
    List<Dot> dots =
        List.of(new Dot(1, 0.2, NASTY, "1"), Dot.of(2, 0.8), new Dot(4, 0.99, "plain", ""));
    return new ScatterChart(
        Axis.log2("passes a token"),
        Axis.linear("accuracy"),
        List.of(
            new Group("front", ScatterChart.Style.FRONT, dots),
            new Group("all", ScatterChart.Style.DOTS, dots)),
        Chart.Colours.KINDS,
        false);
  }

  static HeatMap field() {
    return HeatMap.of(
        "depth",
        List.of("1", NASTY),
        "k",
        List.of("2", "4", "8"),
        List.of(List.of(0.1, 0.2, 0.3), List.of(Double.NaN, 1.0, 0.5)),
        "acceptance");
  }

  static BarChart bars() {
    return new BarChart(
        Axis.linear("ms a token"),
        List.of("floor", "beyond"),
        List.of(
            new BarChart.Bar("prefill", "@kind0", List.of(1.0, 7.0), ""),
            new BarChart.Bar(NASTY, "@kind1", List.of(2.0, 21.5), "23.5 ms, 84 %")));
  }

  static TimelineChart timeline() {
    return new TimelineChart(
        "ms",
        List.of(
            new TimelineChart.Kind("core", "@kind2"),
            new TimelineChart.Kind(NASTY, "@soft"),
            new TimelineChart.Kind("never seen", "@kind3")),
        List.of(
            new TimelineChart.Row(
                NASTY,
                List.of(
                    new TimelineChart.Stretch("tick", 1, 0, 0, 9, true),
                    new TimelineChart.Stretch(NASTY, 1, 1, 1, 8.5, false))),
            new TimelineChart.Row(
                "device", List.of(new TimelineChart.Stretch("core", 0, 0, 2, 9.5, false)))));
  }

  /** An H100's. */
  static RooflineChart roofline() {
    return new RooflineChart(
        List.of(
            new RooflineChart.Memory("memory", 3.35e12), new RooflineChart.Memory("cache", 1e13)),
        989e12,
        List.of(
            new RooflineChart.Work("core, 1 lane", "core", "@kind2", 3.3e9, 3.3e9, 1.1e-3),
            new RooflineChart.Work("core, 64 lanes", "core", "@kind2", 211e9, 3.4e9, 1.3e-3),
            new RooflineChart.Work(NASTY, "prefill", "@kind0", 1.7e12, 4e9, 4e-3)));
  }
}
