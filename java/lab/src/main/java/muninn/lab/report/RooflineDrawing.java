package muninn.lab.report;

import java.util.List;
import java.util.stream.DoubleStream;
import muninn.lab.report.RooflineChart.Work;

/** Draws work under a device's roof. */
final class RooflineDrawing {
  private static final double HEIGHT = 310;

  private RooflineDrawing() {}

  static Drawing of(RooflineChart chart) {
    double ridge = chart.flopPerSecond() / chart.bytesPerSecond();
    List<Work> works = chart.works();
    Ticks x =
        Ticks.of(
            Axis.log("FLOP a byte"),
            DoubleStream.concat(
                works.stream().mapToDouble(Work::intensity), DoubleStream.of(ridge / 8, ridge * 4)),
            true);
    Ticks y =
        Ticks.of(
            Axis.log("FLOP/s"),
            DoubleStream.concat(
                works.stream().mapToDouble(Work::flopPerSecond),
                DoubleStream.of(chart.flopPerSecond())),
            true);
    Plane plane = Plane.of(x, y, HEIGHT, 12, 0);
    Svg svg = new Svg();
    plane.draw(svg, "arithmetic intensity, FLOP a byte", "FLOP/s");

    // The slope enters the plane from the left, or from below.
    double start = Math.max(x.low(), y.low() / chart.bytesPerSecond());
    svg.path(
        plane.way(
            List.of(
                Point.of(start, start * chart.bytesPerSecond()),
                Point.of(ridge, chart.flopPerSecond()),
                Point.of(x.high(), chart.flopPerSecond()))),
        "roof");
    Labels labels = new Labels();
    roofNames(svg, plane, chart, ridge, labels);
    for (int i = 0; i < works.size(); i++) {
      Work work = works.get(i);
      double atX = plane.x(work.intensity());
      double atY = plane.y(work.flopPerSecond());
      if (!Double.isNaN(atX) && !Double.isNaN(atY)) {
        svg.circle(atX, atY, 4, "k" + i % Style.KINDS + " fill");
        labels.take(atX - 4, atY - 4, 8, 8);
      }
    }
    for (int i = 0; i < works.size(); i++) {
      Work work = works.get(i);
      Labels.Placed placed =
          labels.beside(
              plane.x(work.intensity()),
              plane.y(work.flopPerSecond()),
              plane.left(),
              Plane.WIDTH,
              Labels.cut(work.name()));
      if (placed != null) {
        svg.text(placed.x(), placed.y(), "start", "k" + i % Style.KINDS + " of", placed.text());
      }
    }
    return new Drawing(Plane.WIDTH, HEIGHT, svg.toString());
  }

  private static void roofNames(
      Svg svg, Plane plane, RooflineChart chart, double ridge, Labels labels) {
    String flop = Numbers.shown(chart.flopPerSecond(), "FLOP/s");
    double level = plane.y(chart.flopPerSecond()) - 6;
    svg.text(plane.right(), level, "end", "tick", flop);
    labels.take(plane.right() - Labels.width(flop), level - 11, Labels.width(flop), 14);
    String bytes = Numbers.shown(chart.bytesPerSecond(), "B/s");
    double x = plane.x(ridge / 4) - 6;
    double y = plane.y(chart.flopPerSecond() / 4) - 6;
    svg.text(x, y, "end", "tick", bytes);
    labels.take(x - Labels.width(bytes), y - 11, Labels.width(bytes), 14);
  }
}
