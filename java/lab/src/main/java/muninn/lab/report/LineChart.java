package muninn.lab.report;

import java.util.List;

/** Series over a common x, with a band where points have intervals; labels stand at line ends. */
public record LineChart(
    Axis x, Axis y, List<Series> series, Colours colours, List<Reference> references)
    implements Chart {

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
}
