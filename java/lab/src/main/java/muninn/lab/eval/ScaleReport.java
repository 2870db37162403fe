package muninn.lab.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import muninn.lab.eval.Evaluation.Depth;
import muninn.lab.report.Axis;
import muninn.lab.report.Chart.Colours;
import muninn.lab.report.Column;
import muninn.lab.report.ColumnFormat;
import muninn.lab.report.Figure;
import muninn.lab.report.Header;
import muninn.lab.report.HeatMap;
import muninn.lab.report.LineChart;
import muninn.lab.report.LineChart.Series;
import muninn.lab.report.Numbers;
import muninn.lab.report.Point;
import muninn.lab.report.Report;
import muninn.lab.report.Section;
import muninn.lab.report.Table;

/** Accuracy by depth as pictures and tables. */
public final class ScaleReport {
  private final List<Depth> depths;
  private final String file;

  private ScaleReport(List<Depth> depths, String file) {
    this.depths = depths;
    this.file = file;
  }

  /**
   * Of an evaluation.
   *
   * @param depths in ascending order, at least one
   * @param file what the tasks come from
   */
  public static Report of(List<Depth> depths, String file, Header header) {
    return new ScaleReport(depths, file).report(header);
  }

  private Report report(Header header) {
    Table accuracy = accuracy();
    List<Section.Block> blocks = new ArrayList<>();
    blocks.add(all());
    if (kinds().size() > 1) {
      blocks.add(byKind());
      blocks.add(field());
    }
    return new Report(
        String.format(Locale.ROOT, "Accuracy by steps on %s", file),
        summary(),
        header,
        List.of(
            new Section("Exact answers by recurrence steps", blocks),
            Section.of("All numbers", new Section.Shown(accuracy))),
        List.of(accuracy, cost()));
  }

  private List<String> kinds() {
    return List.copyOf(depths.getFirst().kinds().keySet());
  }

  /** The best depth, and the least one that cannot be told from it. */
  private String summary() {
    Depth best = depths.getFirst();
    for (Depth depth : depths) {
      best = depth.all().accuracy() > best.all().accuracy() ? depth : best;
    }
    double bar = best.all().low();
    Optional<Depth> enough = depths.stream().filter(d -> d.all().accuracy() >= bar).findFirst();
    return String.format(
        Locale.ROOT,
        "%d tasks. Best: %s at %d steps (95 %% interval %s to %s). The fewest steps whose"
            + " accuracy lies within that interval: %d (%s).",
        best.all().total(),
        percent(best.all().accuracy()),
        best.steps(),
        percent(best.all().low()),
        percent(best.all().high()),
        enough.orElse(best).steps(),
        percent(enough.orElse(best).all().accuracy()));
  }

  private static String percent(double share) {
    return Numbers.shown(100 * share) + " %";
  }

  private Figure all() {
    return new Figure(
        "All tasks",
        "Share of tasks answered exactly right, greedily, with the 95 % interval of Wilson.",
        chart(List.of(series("all", Depth::all, true))));
  }

  private Figure byKind() {
    return new Figure(
        "By kind of task",
        "Each kind has fewer tasks, so its intervals are wider; the table below has them.",
        chart(
            kinds().stream().map(kind -> series(kind, d -> d.kinds().get(kind), false)).toList()));
  }

  private LineChart chart(List<Series> series) {
    return new LineChart(
        Axis.log2("recurrence steps"),
        Axis.linear("exact answers, %").from(0, 100),
        series,
        Colours.KINDS,
        List.of());
  }

  private Series series(String name, Function<Depth, Score> score, boolean banded) {
    return new Series(
        name,
        depths.stream()
            .map(
                depth -> {
                  Score of = score.apply(depth);
                  Point point = Point.of(depth.steps(), 100 * of.accuracy());
                  return banded ? point.within(100 * of.low(), 100 * of.high()) : point;
                })
            .toList(),
        true);
  }

  private Figure field() {
    return new Figure(
        "Kinds and steps",
        "The same numbers as a field: exact answers in per cent.",
        HeatMap.of(
            "kind",
            kinds(),
            "steps",
            depths.stream().map(d -> Integer.toString(d.steps())).toList(),
            kinds().stream()
                .map(
                    kind -> depths.stream().map(d -> 100 * d.kinds().get(kind).accuracy()).toList())
                .toList(),
            "exact answers, %"));
  }

  /** A kind's score at a depth. */
  private record At(Depth depth, String kind, Score score) {}

  private Table accuracy() {
    List<Column<At>> columns =
        List.of(
            Column.<At>of("steps", at -> at.depth.steps()).as("steps"),
            Column.<At>of("kind", At::kind).as("kind"),
            Column.<At>of("correct", at -> at.score.correct()).as("right"),
            Column.<At>of("total", at -> at.score.total()).as("of"),
            Column.<At>of("accuracy", at -> at.score.accuracy())
                .as("accuracy", ColumnFormat.PERCENT),
            Column.<At>of("low", at -> at.score.low()).as("from", ColumnFormat.PERCENT),
            Column.<At>of("high", at -> at.score.high()).as("to", ColumnFormat.PERCENT));
    List<At> rows = new ArrayList<>();
    for (Depth depth : depths) {
      rows.add(new At(depth, "all", depth.all()));
      depth.kinds().forEach((kind, score) -> rows.add(new At(depth, kind, score)));
    }
    return Table.of(
        "accuracy",
        "A row a depth and kind of task; from and to are the ends of the 95 % interval (Wilson)",
        columns,
        rows);
  }

  private Table cost() {
    List<Column<Depth>> columns =
        List.of(
            Column.of("steps", Depth::steps),
            Column.of("new_tokens", Depth::tokens),
            Column.of("seconds", depth -> depth.nanos() / 1e9));
    return Table.of("cost", "a row a depth: new tokens and time of all its tasks", columns, depths);
  }
}
