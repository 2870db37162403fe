package muninn.lab.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import muninn.lab.report.Axis;
import muninn.lab.report.BarChart;
import muninn.lab.report.Column;
import muninn.lab.report.ColumnFormat;
import muninn.lab.report.Figure;
import muninn.lab.report.Header;
import muninn.lab.report.LineChart;
import muninn.lab.report.Numbers;
import muninn.lab.report.Point;
import muninn.lab.report.Report;
import muninn.lab.report.Section;
import muninn.lab.report.Table;

/** What coding a model's weights does to its answers, as pictures and tables. */
public final class DriftReport {
  private DriftReport() {}

  /**
   * A format of weights.
   *
   * @param drift by steps, against the unquantised model
   * @param accuracy by steps, on tasks with answers
   */
  public record Coded(
      String format, long weightBytes, List<Drift.At> drift, List<Evaluation.Depth> accuracy) {}

  /** A matrix that alone was coded, and how far the outputs then drift. */
  public record Alone(String matrix, Drift.At drift) {}

  private record Row(Coded of, Drift.At at) {}

  private record Right(String format, int steps, Score score) {}

  /**
   * Of measurements.
   *
   * @param formats the first is the unquantised model, without drift
   * @param alone each matrix, the worst first; may be empty
   * @param aloneIn what they were coded in
   */
  public static Report of(List<Coded> formats, List<Alone> alone, String aloneIn, Header header) {
    List<Coded> coded = formats.subList(1, formats.size());
    Table drift = drift(coded);
    Table accuracy = accuracy(formats);
    Table matrices = matrices(alone);
    List<Section> sections = new ArrayList<>();
    sections.add(
        Section.of(
            "Drift by recurrence steps",
            figure(
                "Divergence",
                "KL(unquantised ‖ quantised) of the next token's distribution, in nats, mean over"
                    + " positions.",
                Axis.log("KL, nats"),
                coded,
                Drift.At::kl),
            figure(
                "The same first choice",
                "Share of positions whose most probable token is the unquantised model's.",
                Axis.linear("same token, %"),
                coded,
                at -> 100 * at.agreement()),
            figure(
                "Latents",
                "Distance of the last position's latent from the unquantised model's, over its"
                    + " length.",
                Axis.log("‖s − s′‖ / ‖s‖"),
                coded,
                Drift.At::moved)));
    sections.add(Section.of("Exact answers", accuracyFigure(formats)));
    if (!alone.isEmpty()) {
      sections.add(Section.of("One matrix at a time", bars(alone, aloneIn)));
    }
    sections.add(Section.of("All numbers", new Section.Shown(drift), new Section.Shown(accuracy)));
    return new Report(
        "Weights in fewer bits: " + header.model(),
        summary(coded, alone, aloneIn),
        header,
        sections,
        alone.isEmpty() ? List.of(drift, accuracy) : List.of(drift, accuracy, matrices));
  }

  private static String summary(List<Coded> coded, List<Alone> alone, String aloneIn) {
    List<String> said = new ArrayList<>();
    for (Coded one : coded) {
      Drift.At deepest = one.drift().getLast();
      said.add(
          String.format(
              Locale.ROOT,
              "%s at %d steps: KL %s nats, %s %% the same first choice.",
              one.format(),
              deepest.steps(),
              Numbers.shown(deepest.kl()),
              Numbers.shown(100 * deepest.agreement())));
    }
    if (!alone.isEmpty()) {
      said.add(
          String.format(
              Locale.ROOT, "Alone in %s, %s costs most.", aloneIn, alone.getFirst().matrix()));
    }
    return String.join(" ", said);
  }

  private static Figure figure(
      String title, String text, Axis y, List<Coded> coded, ToDoubleFunction<Drift.At> value) {
    List<LineChart.Series> series =
        coded.stream()
            .map(
                one ->
                    new LineChart.Series(
                        one.format(),
                        one.drift().stream()
                            .map(at -> Point.of(at.steps(), value.applyAsDouble(at)))
                            .toList(),
                        true))
            .toList();
    return new Figure(title, text, LineChart.of(Axis.log2("recurrence steps"), y, series));
  }

  private static Figure accuracyFigure(List<Coded> formats) {
    List<LineChart.Series> series =
        formats.stream()
            .map(
                one ->
                    new LineChart.Series(
                        one.format(),
                        one.accuracy().stream()
                            .map(
                                depth ->
                                    Point.of(depth.steps(), 100 * depth.all().accuracy())
                                        .within(100 * depth.all().low(), 100 * depth.all().high()))
                            .toList(),
                        true))
            .toList();
    return new Figure(
        "Tasks answered exactly",
        "Share of tasks answered exactly right, greedily, with the 95 % interval of Wilson.",
        LineChart.of(
            Axis.log2("recurrence steps"), Axis.linear("exact answers, %").from(0, 100), series));
  }

  private static Figure bars(List<Alone> alone, String aloneIn) {
    List<BarChart.Bar> bars =
        alone.stream()
            .map(one -> new BarChart.Bar(one.matrix(), "@soft", List.of(one.drift().kl()), ""))
            .toList();
    return new Figure(
        "Which matrix costs most",
        "KL in nats with that matrix alone in " + aloneIn + ", at the most steps asked.",
        BarChart.of(Axis.linear("KL, nats"), bars));
  }

  private static Table drift(List<Coded> coded) {
    List<Column<Row>> columns =
        withDrift(
            List.of(
                Column.<Row>of("format", row -> row.of.format()).as("format"),
                Column.<Row>of("weight_bytes", row -> row.of.weightBytes())),
            Row::at);
    List<Row> rows =
        coded.stream().flatMap(one -> one.drift().stream().map(at -> new Row(one, at))).toList();
    return Table.of("drift", "A row a format and depth, against the model as it is", columns, rows);
  }

  /** Columns of what was coded, and behind them those of how far the outputs drift then. */
  static <R> List<Column<R>> withDrift(List<Column<R>> coded, Function<R, Drift.At> at) {
    List<Column<R>> columns = new ArrayList<>(coded);
    columns.add(Column.<R>of("steps", row -> at.apply(row).steps()).as("steps"));
    columns.add(Column.<R>of("kl_nats", row -> at.apply(row).kl()).as("KL, nats"));
    columns.add(
        Column.<R>of("agreement", row -> at.apply(row).agreement())
            .as("same first choice", ColumnFormat.PERCENT));
    columns.add(Column.<R>of("latent_distance", row -> at.apply(row).moved()).as("latent moved"));
    return columns;
  }

  private static Table accuracy(List<Coded> formats) {
    List<Column<Right>> columns =
        List.of(
            Column.<Right>of("format", Right::format).as("format"),
            Column.<Right>of("steps", Right::steps).as("steps"),
            Column.<Right>of("correct", right -> right.score.correct()).as("right"),
            Column.<Right>of("total", right -> right.score.total()).as("of"),
            Column.<Right>of("accuracy", right -> right.score.accuracy())
                .as("accuracy", ColumnFormat.PERCENT),
            Column.<Right>of("low", right -> right.score.low()).as("from", ColumnFormat.PERCENT),
            Column.<Right>of("high", right -> right.score.high()).as("to", ColumnFormat.PERCENT));
    List<Right> rows =
        formats.stream()
            .flatMap(
                one ->
                    one.accuracy().stream()
                        .map(depth -> new Right(one.format(), depth.steps(), depth.all())))
            .toList();
    return Table.of(
        "accuracy",
        "A row a format and depth; from and to are the ends of the 95 % interval (Wilson)",
        columns,
        rows);
  }

  private static Table matrices(List<Alone> alone) {
    List<Column<Alone>> columns =
        List.of(
            Column.of("matrix", Alone::matrix),
            Column.of("steps", one -> one.drift().steps()),
            Column.of("kl_nats", one -> one.drift().kl()),
            Column.of("agreement", one -> one.drift().agreement()),
            Column.of("latent_distance", one -> one.drift().moved()));
    return Table.of("matrices", "a row a matrix that alone is coded", columns, alone);
  }
}
