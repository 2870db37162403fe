package muninn.lab.report;

import java.util.List;

/**
 * Dots, paths through a plane, and fronts.
 *
 * @param square whether both axes have one scale, as directions of one space should
 */
public record ScatterChart(Axis x, Axis y, List<Group> groups, Colours colours, boolean square)
    implements Chart {

  public ScatterChart {
    groups = List.copyOf(groups);
  }

  /** What belongs together, in one colour. */
  public record Group(String name, Style style, List<Dot> dots) {
    public Group {
      dots = List.copyOf(dots);
    }
  }

  /**
   * One point.
   *
   * @param label drawn beside it; empty draws none
   */
  public record Dot(double x, double y, String label) {
    public static Dot of(double x, double y) {
      return new Dot(x, y, "");
    }
  }

  /** How a group is drawn. */
  public enum Style {
    /** Dots alone. */
    DOTS,
    /** A way through the plane: a ring where it starts, a disc where it ends. */
    PATH,
    /** A thin line without dots, such as a Pareto front. */
    FRONT
  }
}
