package muninn.lab.report;

import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** Draws fields of cells. */
final class HeatDrawing {
  private static final double ROW = 24;
  private static final double NARROWEST = 30;

  private HeatDrawing() {}

  static Drawing of(HeatMap map) {
    double names =
        map.rows().stream().mapToDouble(r -> Labels.width(Labels.cut(r))).max().orElse(0);
    double left = 8 + Math.max(names, Math.min(90, Labels.width(map.rowLabel())));
    double widest =
        Stream.concat(map.columns().stream(), texts(map))
            .mapToDouble(Labels::width)
            .max()
            .orElse(0);
    double column = Math.max(NARROWEST, widest + 10);
    int columns = map.columns().size();
    column = Math.max(column, Math.min(90, (Plane.WIDTH - left - 4) / Math.max(1, columns)));
    double top = 38;
    double bottom = top + ROW * map.rows().size();
    double width = Math.max(Plane.WIDTH, left + column * columns + 4);

    Ticks scale =
        Ticks.of(
            new Axis("", map.scale(), Double.NaN, Double.NaN),
            map.values().stream().flatMapToDouble(r -> r.stream().mapToDouble(v -> v)),
            false);
    Svg svg = new Svg();
    svg.text(left + 4, 12, "start", "name", map.columnLabel());
    svg.text(left - 6, 30, "end", "name", Labels.cut(map.rowLabel()));
    for (int c = 0; c < columns; c++) {
      svg.text(left + column * (c + 0.5), 30, "middle", "tick", map.columns().get(c));
    }
    for (int r = 0; r < map.rows().size(); r++) {
      double y = top + ROW * r;
      svg.text(left - 6, y + 16, "end", "tick", Labels.cut(map.rows().get(r)));
      for (int c = 0; c < columns; c++) {
        cell(svg, scale, map, r, c, left + column * c, y, column);
      }
    }
    Legends.cells(
        svg,
        2,
        bottom + 12,
        Numbers.shown(scale.low()),
        Numbers.shown(scale.high()),
        map.valueLabel());
    return new Drawing(width, bottom + 28, svg.toString());
  }

  private static void cell(
      Svg svg, Ticks scale, HeatMap map, int r, int c, double x, double y, double width) {
    double value = map.values().get(r).get(c);
    double share = Math.clamp(scale.at(value), 0, 1);
    boolean below = map.scale() != Axis.Scale.LINEAR && value <= 0;
    if (below) {
      share = 0;
    }
    boolean empty = Double.isNaN(share);
    if (!empty) {
      svg.cell(x + 0.5, y + 0.5, width - 1, ROW - 1, Style.cell(share));
    }
    String text = text(map, r, c);
    if (!text.isEmpty()) {
      svg.text(x + width / 2, y + 16, "middle", empty ? "tick" : Style.onCell(share), text);
    }
  }

  private static String text(HeatMap map, int r, int c) {
    return map.texts().isEmpty()
        ? Numbers.shown(map.values().get(r).get(c))
        : map.texts().get(r).get(c);
  }

  private static Stream<String> texts(HeatMap map) {
    return map.texts().isEmpty()
        ? map.values().stream()
            .flatMapToDouble(r -> r.stream().flatMapToDouble(DoubleStream::of))
            .mapToObj(Numbers::shown)
        : map.texts().stream().flatMap(List::stream);
  }
}
