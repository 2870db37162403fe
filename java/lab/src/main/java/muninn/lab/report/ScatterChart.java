package muninn.lab.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

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
   * @param name told when it is pointed at
   * @param label stands beside it, where there is room; empty stands nowhere
   */
  public record Dot(double x, double y, String name, String label) {
    public static Dot of(double x, double y) {
      return new Dot(x, y, "", "");
    }
  }

  /** How a group is drawn. */
  public enum Style {
    /** Dots alone. */
    DOTS,
    /** A way through the plane: a ring where it starts, small dots, a disc where it ends. */
    PATH,
    /** A thin line without dots, such as a Pareto front. */
    FRONT
  }

  @Override
  public Map<String, Object> option() {
    List<Object> drawn = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      Group group = groups.get(i);
      boolean front = group.style() == Style.FRONT;
      drawn.add(
          ChartOption.of(
              "type",
              group.style() == Style.DOTS ? "scatter" : "line",
              "name",
              group.name(),
              "color",
              front ? "@soft" : colours.of(i, groups.size()),
              "data",
              dots(group)));
    }
    Map<String, Object> option =
        ChartOption.of("xAxis", x.option(), "yAxis", y.option(), "series", drawn);
    option.put("square", square);
    return option;
  }

  private List<Object> dots(Group group) {
    List<Object> dots = new ArrayList<>();
    for (Dot dot : group.dots()) {
      Map<String, Object> item =
          ChartOption.of("value", Arrays.asList(x.place(dot.x()), y.place(dot.y())));
      if (!dot.name().isEmpty()) {
        item.put("name", dot.name());
      }
      if (!dot.label().isEmpty()) {
        item.put("label", ChartOption.of("show", true, "formatter", dot.label()));
      }
      if (group.style() == Style.FRONT) {
        item.put("symbol", "none");
      }
      boolean first = dots.isEmpty();
      boolean last = dots.size() == group.dots().size() - 1;
      if (group.style() == Style.PATH && (first || last)) {
        item.put("symbol", last ? "circle" : "emptyCircle");
        item.put("symbolSize", 7);
      }
      dots.add(item);
    }
    return dots;
  }

  @Override
  public int height() {
    return square ? 360 : 340;
  }

  @Override
  public Table numbers() {
    record At(Group group, Dot dot) {}

    return Table.of(
        "",
        "",
        List.of(
            Column.read("group", ColumnFormat.PLAIN, (At at) -> at.group.name()),
            Column.read(x.label(), ColumnFormat.PLAIN, (At at) -> at.dot.x()),
            Column.read(y.label(), ColumnFormat.PLAIN, (At at) -> at.dot.y()),
            Column.read("name", ColumnFormat.PLAIN, (At at) -> at.dot.name())),
        groups.stream().flatMap(g -> g.dots().stream().map(d -> new At(g, d))).toList());
  }
}
