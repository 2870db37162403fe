package muninn.lab.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import muninn.lab.report.Axis;
import muninn.lab.report.Column;
import muninn.lab.report.Figure;
import muninn.lab.report.Header;
import muninn.lab.report.LineChart;
import muninn.lab.report.Numbers;
import muninn.lab.report.Point;
import muninn.lab.report.Report;
import muninn.lab.report.Section;
import muninn.lab.report.Table;

/**
 * What coding the weights does to the outputs of several models, by steps, where none has tasks to
 * answer: a shape with random weights shows how far an error of its arithmetic gets.
 */
public final class FamilyDriftReport {
  private FamilyDriftReport() {}

  /** A model in a format of weights, against the same model as it is. */
  public record Coded(String model, String format, List<Drift.At> drift) {}

  private record Row(Coded of, Drift.At at) {}

  /** Of measurements, each model's next to each other. */
  public static Report of(List<Coded> found, Header header) {
    List<Section.Block> figures = new ArrayList<>();
    List<String> said = new ArrayList<>();
    for (String format : found.stream().map(Coded::format).distinct().toList()) {
      List<Coded> coded = found.stream().filter(one -> one.format().equals(format)).toList();
      figures.add(figure(format, coded));
      double worst = coded.stream().mapToDouble(one -> one.drift().getLast().kl()).max().orElse(0);
      said.add(
          String.format(
              Locale.ROOT,
              "%s: at most %s nats at %d steps.",
              format,
              Numbers.shown(worst),
              coded.getFirst().drift().getLast().steps()));
    }
    Table table = table(found);
    return new Report(
        "Weights in fewer bits, by family",
        String.join(" ", said),
        header,
        List.of(
            new Section("Divergence by recurrence steps", figures),
            Section.of("All numbers", new Section.Shown(table))),
        List.of(table));
  }

  private static Figure figure(String format, List<Coded> coded) {
    List<LineChart.Series> series =
        coded.stream()
            .map(
                one ->
                    new LineChart.Series(
                        one.model(),
                        one.drift().stream().map(at -> Point.of(at.steps(), at.kl())).toList(),
                        true))
            .toList();
    return new Figure(
        format,
        "KL(unquantised ‖ quantised) of the next token's distribution, in nats, mean over"
            + " positions.",
        LineChart.of(Axis.log2("recurrence steps"), Axis.log("KL, nats"), series));
  }

  private static Table table(List<Coded> found) {
    List<Column<Row>> columns =
        DriftReport.withDrift(
            List.of(
                Column.<Row>of("model", row -> row.of.model()).as("model"),
                Column.<Row>of("format", row -> row.of.format()).as("format")),
            Row::at);
    List<Row> rows =
        found.stream().flatMap(one -> one.drift().stream().map(at -> new Row(one, at))).toList();
    return Table.of(
        "drift", "A row a model, format and depth, against the model as it is", columns, rows);
  }
}
