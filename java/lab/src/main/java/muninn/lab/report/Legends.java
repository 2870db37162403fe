package muninn.lab.report;

import java.util.List;

/** Keys to colours, where names cannot stand at what they name. */
final class Legends {
  private static final int STEPS = 12;
  private static final double BOX = 10;

  private Legends() {}

  /** The ramp of {@link Chart.Colours#RAMP}, with what its ends stand for. */
  static void ramp(Svg svg, double x, double y, String first, String last) {
    String from = Labels.cut(first);
    double at = x + Labels.width(from) + 6;
    svg.text(x, y + 9, "start", "tick", from);
    for (int i = 0; i < STEPS; i++) {
      svg.rect(at + i * BOX, y, BOX + 0.5, BOX, Style.of(Chart.Colours.RAMP, i, STEPS) + " fill");
    }
    svg.text(at + STEPS * BOX + 6, y + 9, "start", "tick", Labels.cut(last));
  }

  /** The colours of a heat map, with what its ends stand for. */
  static void cells(Svg svg, double x, double y, String low, String high, String label) {
    double at = x + Labels.width(low) + 6;
    svg.text(x, y + 9, "start", "tick", low);
    for (int i = 0; i < STEPS; i++) {
      svg.cell(at + i * BOX, y, BOX + 0.5, BOX, Style.cell(i / (STEPS - 1.0)));
    }
    svg.text(at + STEPS * BOX + 6, y + 9, "start", "tick", high + "  " + label);
  }

  /**
   * Boxes with names, in as many lines as it takes.
   *
   * @return the height used
   */
  static double kinds(Svg svg, double y, List<String> names) {
    double x = 2;
    double line = y;
    for (int i = 0; i < names.size(); i++) {
      String name = Labels.cut(names.get(i));
      double width = BOX + 5 + Labels.width(name) + 12;
      if (x > 2 && x + width > Plane.WIDTH) {
        x = 2;
        line += Labels.LINE + 3;
      }
      svg.rect(x, line, BOX, BOX, Style.of(Chart.Colours.KINDS, i, names.size()) + " fill");
      svg.text(x + BOX + 5, line + 9, "start", "tick", name);
      x += width;
    }
    return line + Labels.LINE + 3 - y;
  }
}
