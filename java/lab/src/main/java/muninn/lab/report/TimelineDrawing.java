package muninn.lab.report;

import java.util.List;
import java.util.stream.DoubleStream;
import muninn.lab.report.TimelineChart.Row;
import muninn.lab.report.TimelineChart.Stretch;

/** Draws rows of stretches over a common time. */
final class TimelineDrawing {
  private static final double WIDTH = 1100;
  private static final double SIDE = 10;
  private static final double LANE = 17;
  private static final double NAME = 18;
  private static final double LEAST = 0.6; // what is shorter would not be seen

  private TimelineDrawing() {}

  static Drawing of(TimelineChart chart) {
    Svg svg = new Svg();
    double top = 4 + Legends.kinds(svg, 4, chart.kinds());
    Ticks time =
        Ticks.of(
            Axis.linear(chart.time()),
            chart.rows().stream()
                .flatMap(row -> row.stretches().stream())
                .flatMapToDouble(s -> DoubleStream.of(s.from(), s.to())),
            false);
    double bottom =
        top + chart.rows().stream().mapToDouble(row -> NAME + LANE * row.depth() + 4).sum();
    for (Ticks.Tick tick : time.ticks()) {
      double x = x(time, tick.value());
      svg.line(x, top, x, bottom, "grid");
      svg.text(x, bottom + 15, "middle", "tick", tick.label());
    }
    svg.text(WIDTH / 2, bottom + 33, "middle", "name", chart.time());
    double y = top;
    for (Row row : chart.rows()) {
      svg.text(SIDE, y + 13, "start", "name halo", row.name());
      draw(svg, time, row.stretches(), y + NAME);
      y += NAME + LANE * row.depth() + 4;
    }
    return new Drawing(WIDTH, bottom + 40, svg.toString());
  }

  private static void draw(Svg svg, Ticks time, List<Stretch> stretches, double top) {
    for (Stretch stretch : stretches) {
      double from = x(time, stretch.from());
      double width = Math.max(LEAST, x(time, stretch.to()) - from);
      double y = top + LANE * stretch.depth();
      String colour = "k" + stretch.kind() % Style.KINDS;
      svg.rect(
          from,
          y,
          width > 3 ? width - 1 : width,
          LANE - 2,
          colour + (stretch.faint() ? " band" : " fill"));
      if (Labels.width(stretch.name()) + 6 <= width) {
        svg.text(from + 4, y + 12, "start", stretch.faint() ? "tick" : "on", stretch.name());
      }
    }
  }

  private static double x(Ticks time, double value) {
    return SIDE + 12 + time.at(value) * (WIDTH - 2 * (SIDE + 12));
  }
}
