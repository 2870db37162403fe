package muninn.lab.report;

/**
 * A chart as SVG elements.
 *
 * @param width in units of the view box; what is wider than a phone is scrolled there, not shrunk
 */
record Drawing(double width, double height, String elements) {

  static Drawing of(Chart chart) {
    return switch (chart) {
      case LineChart lines -> LineDrawing.of(lines);
      case ScatterChart scatter -> ScatterDrawing.of(scatter);
      case HeatMap map -> HeatDrawing.of(map);
      case BarChart bars -> BarDrawing.of(bars);
      case RooflineChart roofline -> RooflineDrawing.of(roofline);
      case TimelineChart timeline -> TimelineDrawing.of(timeline);
    };
  }

  /** Whether it is too wide to be shrunk to a phone. */
  boolean wide() {
    return width > Plane.WIDTH + 40;
  }
}
