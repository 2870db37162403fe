package muninn.lab.sweep;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import muninn.lab.report.Axis;
import muninn.lab.report.Chart;
import muninn.lab.report.Figure;
import muninn.lab.report.HeatMap;
import muninn.lab.report.LineChart;
import muninn.lab.report.Numbers;
import muninn.lab.report.Point;
import muninn.lab.report.ScatterChart;

/**
 * Pictures of what cells of a sweep cost and give. Those that there are too few for are left out.
 */
final class SweepCharts {
  /** How far below the best a setting may be and still be about as good. */
  private static final double NEAR = 0.1;

  private final Findings findings;

  SweepCharts(Findings findings) {
    this.findings = findings;
  }

  /**
   * Quality against cost, with the front of settings that no other beats in both. Where most
   * settings are about as good as the best, only those are drawn.
   */
  Figure pareto(String title, String cost, ToDoubleFunction<Finding> value) {
    List<Finding> shown = nearTheBest(findings.measured());
    List<ScatterChart.Group> groups = new ArrayList<>();
    for (Family family : Family.values()) {
      List<ScatterChart.Dot> dots =
          dots(shown.stream().filter(f -> family.holds(f.setting())).toList(), value);
      if (!dots.isEmpty()) {
        groups.add(new ScatterChart.Group(family.title(), ScatterChart.Style.DOTS, dots));
      }
    }
    List<Finding> front = front(shown, value);
    groups.add(
        new ScatterChart.Group("not beaten in both", ScatterChart.Style.FRONT, dots(front, value)));
    int hidden = findings.measured().size() - shown.size();
    return new Figure(
        title,
        "Each dot is a setting; up and to the left is better. On the line, from cheap to dear: "
            + String.join("; ", front.stream().map(finding -> finding.setting().key()).toList())
            + "."
            + (hidden == 0
                ? ""
                : String.format(Locale.ROOT, " %d worse ones are not drawn.", hidden)),
        new ScatterChart(
            Axis.log2(cost),
            Axis.linear(findings.qualityName() + ", %"),
            groups,
            Chart.Colours.KINDS,
            false));
  }

  private static List<ScatterChart.Dot> dots(List<Finding> cells, ToDoubleFunction<Finding> value) {
    return cells.stream()
        .map(
            f ->
                new ScatterChart.Dot(
                    value.applyAsDouble(f), 100 * f.quality(), f.setting().key(), ""))
        .toList();
  }

  private static List<Finding> nearTheBest(List<Finding> all) {
    double best = all.stream().mapToDouble(Finding::quality).max().orElse(0);
    List<Finding> near = all.stream().filter(f -> f.quality() >= best - NEAR).toList();
    return 2 * near.size() >= all.size() ? near : all;
  }

  private static List<Finding> front(List<Finding> cells, ToDoubleFunction<Finding> cost) {
    List<Finding> sorted = new ArrayList<>(cells);
    sorted.sort(
        Comparator.comparingDouble(cost)
            .thenComparing(Comparator.comparingDouble(Finding::quality).reversed()));
    List<Finding> front = new ArrayList<>();
    for (Finding finding : sorted) {
      if (front.isEmpty() || finding.quality() > front.getLast().quality()) {
        front.add(finding);
      }
    }
    return front;
  }

  /** Quality of plain decoding by depth. */
  Optional<Figure> depth() {
    List<Finding> plain = findings.measured(f -> f.setting().isPlain());
    List<LineChart.Series> series = new ArrayList<>();
    for (String name : distinct(plain, f -> f.setting().label(Setting.Axis.STEPS))) {
      List<Point> points =
          plain.stream()
              .filter(f -> f.setting().label(Setting.Axis.STEPS).equals(name))
              .sorted(Comparator.comparingInt(f -> f.setting().steps()))
              .map(SweepCharts::depthPoint)
              .toList();
      if (points.size() > 1) {
        series.add(new LineChart.Series(name.isEmpty() ? "plain" : name, points, true));
      }
    }
    if (series.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Figure(
            "Quality by depth",
            "Plain decoding at fixed depth; the band is the 95 % interval.",
            LineChart.of(
                Axis.log2("recurrence steps"),
                Axis.linear(findings.qualityName() + ", %"),
                series)));
  }

  private static Point depthPoint(Finding f) {
    int steps = f.setting().steps();
    return f.graded()
        ? new Point(steps, 100 * f.quality(), 100 * f.accuracy().low(), 100 * f.accuracy().high())
        : Point.of(steps, 100 * f.quality());
  }

  /** A value by one thing that settings differ in, across, and all else, down. */
  Optional<Figure> heat(
      String title,
      String note,
      List<Finding> cells,
      Setting.Axis across,
      String acrossLabel,
      Function<Setting, String> column,
      ToDoubleFunction<Finding> value,
      String valueLabel) {
    List<String> rows = distinct(cells, f -> f.setting().label(across));
    List<String> columns = new ArrayList<>(distinct(cells, f -> column.apply(f.setting())));
    columns.sort(Comparator.comparingDouble(SweepCharts::number));
    if (columns.size() < 2) {
      return Optional.empty();
    }
    List<String> kept = new ArrayList<>();
    List<List<Double>> values = new ArrayList<>();
    for (String row : rows) {
      List<Double> line = new ArrayList<>();
      for (String name : columns) {
        line.add(
            cells.stream()
                .filter(f -> f.setting().label(across).equals(row))
                .filter(f -> column.apply(f.setting()).equals(name))
                .mapToDouble(value)
                .findFirst()
                .orElse(Double.NaN));
      }
      if (line.stream().filter(v -> !v.isNaN()).count() > 1) { // one value shows nothing
        kept.add(row);
        values.add(line);
      }
    }
    if (kept.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Figure(title, note, HeatMap.of("", kept, acrossLabel, columns, values, valueLabel)));
  }

  /** A value by exit rule, down, and threshold, from the one that thinks least to the most. */
  Optional<Figure> thresholds(String title, ToDoubleFunction<Finding> value, String valueLabel) {
    List<Finding> cells =
        Findings.oneThingAtATime(findings.measured(f -> !f.setting().threshold().isEmpty()));
    List<String> rows = distinct(cells, f -> f.setting().label(Setting.Axis.THRESHOLD));
    List<List<Finding>> byRow =
        rows.stream()
            .map(
                row ->
                    cells.stream()
                        .filter(f -> f.setting().label(Setting.Axis.THRESHOLD).equals(row))
                        .sorted(Comparator.comparingDouble(Finding::meanSteps))
                        .toList())
            .toList();
    int most = byRow.stream().mapToInt(List::size).max().orElse(0);
    if (most < 2) {
      return Optional.empty();
    }
    List<List<Double>> values = new ArrayList<>();
    List<List<String>> texts = new ArrayList<>();
    for (List<Finding> row : byRow) {
      List<Double> numbers = new ArrayList<>();
      List<String> words = new ArrayList<>();
      for (int i = 0; i < most; i++) {
        boolean there = i < row.size();
        numbers.add(there ? value.applyAsDouble(row.get(i)) : Double.NaN);
        words.add(there ? words(row.get(i), value) : "");
      }
      values.add(numbers);
      texts.add(words);
    }
    List<String> columns = new ArrayList<>();
    for (int i = 1; i <= most; i++) {
      columns.add(i == 1 ? "fewest steps" : i == most ? "most steps" : "");
    }
    return Optional.of(
        new Figure(
            title,
            "Each cell says its value and the threshold that gave it.",
            new HeatMap("", rows, "threshold", columns, values, valueLabel, texts)));
  }

  private static String words(Finding finding, ToDoubleFunction<Finding> value) {
    return String.format(
        Locale.ROOT,
        "%s at %s",
        Numbers.shown(value.applyAsDouble(finding)),
        finding.setting().threshold());
  }

  private static List<String> distinct(List<Finding> cells, Function<Finding, String> name) {
    return List.copyOf(new LinkedHashSet<>(cells.stream().map(name).toList()));
  }

  /** Numbers in their order, words after them in theirs. */
  private static double number(String text) {
    return text.matches("[0-9.]+") ? Double.parseDouble(text) : Double.MAX_VALUE;
  }
}
