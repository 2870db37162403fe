package muninn.lab.report;

import java.util.List;

/** The field of a chart with two axes: grid, ticks, names, and the way from values to places. */
final class Plane {
  static final double WIDTH = 420;
  private static final double TOP = 26;
  private static final double BOTTOM = 40;
  private static final double INSET = 10;
  private static final double LETTER = 6.7;

  private final Ticks x;
  private final Ticks y;
  private final double left;
  private final double right;
  private final double top;
  private final double bottom;
  private final double inset;

  private Plane(
      Ticks x, Ticks y, double left, double right, double top, double bottom, double inset) {
    this.x = x;
    this.y = y;
    this.left = left;
    this.right = right;
    this.top = top;
    this.bottom = bottom;
    this.inset = inset;
  }

  /**
   * @param margin room on the right, for labels
   * @param head room above, for a legend
   */
  static Plane of(Ticks x, Ticks y, double height, double margin, double head) {
    double left =
        10 + y.ticks().stream().mapToDouble(t -> LETTER * t.label().length()).max().orElse(0);
    return new Plane(x, y, left, WIDTH - Math.max(10, margin), TOP + head, height - BOTTOM, 0);
  }

  /** The same with the data's ends away from the axes, for dots. */
  Plane inset() {
    return new Plane(x, y, left, right, top, bottom, INSET);
  }

  double left() {
    return left;
  }

  double right() {
    return right;
  }

  double top() {
    return top;
  }

  double bottom() {
    return bottom;
  }

  double x(double value) {
    return left + inset + x.at(value) * (right - left - 2 * inset);
  }

  double y(double value) {
    return bottom - y.at(value) * (bottom - top);
  }

  /** Whether both can be drawn. */
  boolean holds(double valueX, double valueY) {
    return !Double.isNaN(x.at(valueX)) && !Double.isNaN(y.at(valueY));
  }

  void draw(Svg svg, String xLabel, String yLabel) {
    for (Ticks.Tick tick : y.ticks()) {
      double at = y(tick.value());
      svg.line(left, at, right, at, "grid");
      svg.text(left - 6, at + 4, "end", "tick", tick.label());
    }
    List<Ticks.Tick> ticks = x.ticks();
    double free = Double.NEGATIVE_INFINITY;
    for (Ticks.Tick tick : ticks) {
      double at = x(tick.value());
      double half = LETTER * tick.label().length() / 2;
      svg.line(at, bottom, at, bottom + 4, "axis");
      if (at - half > free) {
        svg.text(Math.min(at, WIDTH - 1 - half), bottom + 17, "middle", "tick", tick.label());
        free = at + half + 4;
      }
    }
    svg.line(left, bottom, right, bottom, "axis");
    svg.text((left + right) / 2, bottom + 35, "middle", "name", xLabel);
    svg.text(2, 14, "start", "name", yLabel);
  }

  /** A line through points; it breaks where one cannot be drawn. */
  String way(List<Point> points) {
    StringBuilder way = new StringBuilder();
    boolean on = false;
    for (Point p : points) {
      boolean drawn = holds(p.x(), p.y());
      if (drawn) {
        way.append(on ? 'L' : 'M')
            .append(Numbers.coordinate(x(p.x())))
            .append(' ')
            .append(Numbers.coordinate(y(p.y())));
      }
      on = drawn;
    }
    return way.toString();
  }
}
