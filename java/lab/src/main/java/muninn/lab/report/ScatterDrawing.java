package muninn.lab.report;

import java.util.List;
import java.util.stream.Stream;
import muninn.lab.report.ScatterChart.Dot;
import muninn.lab.report.ScatterChart.Group;

/** Draws dots, paths and fronts. */
final class ScatterDrawing {
  private static final double HEIGHT = 300;
  private static final double SQUARE_HEIGHT = 380;
  private static final int MOST_LABELS = 14;

  private ScatterDrawing() {}

  static Drawing of(ScatterChart chart) {
    Ticks x = Ticks.of(chart.x(), dots(chart).mapToDouble(Dot::x), !chart.square());
    Ticks y = Ticks.of(chart.y(), dots(chart).mapToDouble(Dot::y), !chart.square());
    double height = chart.square() ? SQUARE_HEIGHT : HEIGHT;
    List<Group> groups = chart.groups();
    boolean ramp = groups.size() > MOST_LABELS;
    double head = ramp ? 20 : 0;
    if (chart.square()) {
      double span = 1.12 * Math.max(x.high() - x.low(), y.high() - y.low());
      Plane rough = Plane.of(x.around(span), y.around(span), height, 12, head);
      double ratio = (rough.right() - rough.left()) / (rough.bottom() - rough.top());
      x = x.around(ratio > 1 ? span * ratio : span);
      y = y.around(ratio > 1 ? span : span / ratio);
    }
    Plane plane = Plane.of(x, y, height, 12, head);
    if (!chart.square()) {
      plane = plane.inset();
    }

    Svg svg = new Svg();
    plane.draw(svg, chart.x().label(), chart.y().label());
    Labels labels = new Labels();
    for (int i = 0; i < groups.size(); i++) {
      draw(svg, plane, groups.get(i), Style.of(colours(chart), i, groups.size()), labels);
    }
    for (int i = 0; i < groups.size(); i++) {
      label(svg, plane, groups.get(i), Style.of(colours(chart), i, groups.size()), labels, ramp);
    }
    if (ramp) {
      Legends.ramp(svg, plane.left(), 26, groups.getFirst().name(), groups.getLast().name());
    }
    return new Drawing(Plane.WIDTH, height, svg.toString());
  }

  private static Chart.Colours colours(ScatterChart chart) {
    return chart.groups().size() > MOST_LABELS ? Chart.Colours.RAMP : chart.colours();
  }

  private static Stream<Dot> dots(ScatterChart chart) {
    return chart.groups().stream().flatMap(g -> g.dots().stream());
  }

  private static void draw(Svg svg, Plane plane, Group group, String colour, Labels labels) {
    List<Dot> dots = group.dots().stream().filter(d -> plane.holds(d.x(), d.y())).toList();
    if (dots.isEmpty()) {
      return;
    }
    List<Point> points = dots.stream().map(d -> Point.of(d.x(), d.y())).toList();
    switch (group.style()) {
      case FRONT -> svg.path(plane.way(points), colour + " thin");
      case PATH -> {
        svg.path(plane.way(points), colour + " thin");
        ring(svg, plane, dots.getFirst(), colour, labels);
        disc(svg, plane, dots.getLast(), colour, labels);
      }
      case DOTS -> dots.forEach(d -> disc(svg, plane, d, colour, labels));
    }
  }

  private static void ring(Svg svg, Plane plane, Dot dot, String colour, Labels labels) {
    svg.circle(plane.x(dot.x()), plane.y(dot.y()), 3.2, colour + " ring");
    labels.take(plane.x(dot.x()) - 4, plane.y(dot.y()) - 4, 8, 8);
  }

  private static void disc(Svg svg, Plane plane, Dot dot, String colour, Labels labels) {
    svg.circle(plane.x(dot.x()), plane.y(dot.y()), 3.6, colour + " fill");
    labels.take(plane.x(dot.x()) - 4, plane.y(dot.y()) - 4, 8, 8);
  }

  /** The group's name at its end, and what single dots are called, as far as there is room. */
  private static void label(
      Svg svg, Plane plane, Group group, String colour, Labels labels, boolean ramp) {
    List<Dot> dots = group.dots().stream().filter(d -> plane.holds(d.x(), d.y())).toList();
    if (!ramp && !dots.isEmpty() && !group.name().isEmpty()) {
      text(svg, plane, dots.getLast(), colour, labels, group.name());
    }
    for (Dot dot : dots) {
      if (!dot.label().isEmpty()) {
        text(svg, plane, dot, colour, labels, dot.label());
      }
    }
  }

  private static void text(
      Svg svg, Plane plane, Dot dot, String colour, Labels labels, String text) {
    Labels.Placed placed =
        labels.beside(
            plane.x(dot.x()), plane.y(dot.y()), plane.left(), Plane.WIDTH, Labels.cut(text));
    if (placed != null) {
      svg.text(placed.x(), placed.y(), "start", colour + " of", placed.text());
    }
  }
}
