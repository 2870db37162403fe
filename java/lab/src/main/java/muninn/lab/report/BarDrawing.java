package muninn.lab.report;

import java.util.List;
import java.util.stream.DoubleStream;

/** Draws lying bars. */
final class BarDrawing {
  private static final double BAR = 15;
  private static final double ROW = 24;

  private BarDrawing() {}

  static Drawing of(BarChart chart) {
    List<BarChart.Bar> bars = chart.bars();
    double names =
        bars.stream().mapToDouble(b -> Labels.width(Labels.cut(b.label()))).max().orElse(0);
    double left = 8 + names;
    double ends = bars.stream().mapToDouble(b -> Labels.width(text(b))).max().orElse(0);
    double room = Math.max(80, Plane.WIDTH - left - ends - 10);

    Svg svg = new Svg();
    svg.text(2, 14, "start", "name", chart.value().label());
    double top = 24;
    if (chart.parts().size() > 1) {
      top += Legends.kinds(svg, top, chart.parts());
    }
    Axis value = chart.value();
    Ticks scale =
        Ticks.of(
            value.from(Double.isNaN(value.low()) ? 0 : value.low(), value.high()),
            DoubleStream.concat(DoubleStream.of(0), bars.stream().mapToDouble(BarChart.Bar::sum)),
            false);
    for (int i = 0; i < bars.size(); i++) {
      BarChart.Bar bar = bars.get(i);
      double y = top + ROW * i;
      svg.text(left - 6, y + 12, "end", "tick", Labels.cut(bar.label()));
      double sum = 0;
      for (int part = 0; part < bar.values().size(); part++) {
        double from = left + room * scale.at(sum);
        sum += bar.values().get(part);
        double to = left + room * scale.at(sum);
        svg.rect(from, y, Math.max(0, to - from), BAR, "k" + part % Style.KINDS + " fill");
      }
      svg.text(left + room * scale.at(sum) + 5, y + 12, "start", "", text(bar));
    }
    double bottom = top + ROW * bars.size();
    svg.line(left, top - 4, left, bottom - 4, "axis");
    return new Drawing(Plane.WIDTH, bottom + 6, svg.toString());
  }

  private static String text(BarChart.Bar bar) {
    return bar.text().isEmpty() ? Numbers.shown(bar.sum()) : bar.text();
  }
}
