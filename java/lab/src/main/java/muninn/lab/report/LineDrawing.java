package muninn.lab.report;

import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** Draws lines over a common x. */
final class LineDrawing {
  private static final double HEIGHT = 270;
  private static final int MOST_LABELS = 14;

  private LineDrawing() {}

  static Drawing of(LineChart chart) {
    List<LineChart.Series> series = chart.series();
    boolean labelled = series.size() > 1 && series.size() <= MOST_LABELS;
    boolean ramp = series.size() > MOST_LABELS;
    double margin =
        labelled
            ? 18
                + series.stream()
                    .mapToDouble(s -> Labels.width(Labels.cut(s.name())))
                    .max()
                    .orElse(0)
            : 12;
    Ticks x = Ticks.of(chart.x(), points(chart).mapToDouble(Point::x), false);
    DoubleStream ys =
        DoubleStream.concat(
            points(chart).flatMapToDouble(p -> DoubleStream.of(p.y(), p.low(), p.high())),
            chart.references().stream().mapToDouble(LineChart.Reference::y));
    Ticks y = Ticks.of(chart.y(), ys, true);
    double height = Math.max(HEIGHT, labelled ? 80 + Labels.LINE * series.size() : 0);
    Plane plane = Plane.of(x, y, height, margin, ramp ? 20 : 0);

    Svg svg = new Svg();
    plane.draw(svg, chart.x().label(), chart.y().label());
    for (LineChart.Reference reference : chart.references()) {
      double at = plane.y(reference.y());
      svg.line(plane.left(), at, plane.right(), at, "reference");
    }
    for (int i = 0; i < series.size(); i++) {
      draw(svg, plane, series.get(i), style(chart, i), i >= Style.KINDS && !ramp(chart));
    }
    for (LineChart.Reference reference : chart.references()) {
      double at = plane.y(reference.y());
      svg.text(plane.right() - 4, at - 4, "end", "tick halo", reference.label());
    }
    if (labelled) {
      labels(svg, plane, chart);
    } else if (ramp) {
      Legends.ramp(svg, plane.left(), 26, series.getFirst().name(), series.getLast().name());
    }
    return new Drawing(Plane.WIDTH, height, svg.toString());
  }

  private static Stream<Point> points(LineChart chart) {
    return chart.series().stream().flatMap(s -> s.points().stream());
  }

  private static boolean ramp(LineChart chart) {
    return chart.colours() == Chart.Colours.RAMP;
  }

  private static String style(LineChart chart, int i) {
    int n = chart.series().size();
    return Style.of(n > MOST_LABELS ? Chart.Colours.RAMP : chart.colours(), i, n);
  }

  private static void draw(
      Svg svg, Plane plane, LineChart.Series series, String colour, boolean dashed) {
    List<Point> banded = series.points().stream().filter(Point::hasBand).toList();
    if (banded.size() > 1) {
      StringBuilder way = new StringBuilder();
      List<Point> around =
          Stream.concat(
                  banded.stream().map(p -> Point.of(p.x(), p.high())),
                  banded.reversed().stream().map(p -> Point.of(p.x(), p.low())))
              .toList();
      for (Point p : around) {
        way.append(way.isEmpty() ? 'M' : 'L')
            .append(Numbers.coordinate(plane.x(p.x())))
            .append(' ')
            .append(Numbers.coordinate(plane.y(p.y())));
      }
      svg.path(way.append('Z').toString(), colour + " band");
    }
    svg.path(plane.way(series.points()), colour + (dashed ? " stroke dash" : " stroke"));
    if (series.dots() || series.points().size() == 1) {
      for (Point p : series.points()) {
        if (plane.holds(p.x(), p.y())) {
          svg.circle(plane.x(p.x()), plane.y(p.y()), 3, colour + " fill");
        }
      }
    }
  }

  /** Names at line ends, moved apart where lines end together. */
  private static void labels(Svg svg, Plane plane, LineChart chart) {
    int n = chart.series().size();
    double[] ends = new double[n];
    for (int i = 0; i < n; i++) {
      ends[i] =
          chart.series().get(i).points().reversed().stream()
              .filter(p -> plane.holds(p.x(), p.y()))
              .mapToDouble(p -> plane.y(p.y()))
              .findFirst()
              .orElse(plane.bottom());
    }
    double[] placed = Labels.spread(ends, plane.top(), plane.bottom() + 4);
    for (int i = 0; i < n; i++) {
      String colour = style(chart, i);
      svg.line(plane.right() + 1, ends[i], plane.right() + 9, placed[i], colour + " leader");
      svg.text(
          plane.right() + 12,
          placed[i] + 4,
          "start",
          colour + " of",
          Labels.cut(chart.series().get(i).name()));
    }
  }
}
