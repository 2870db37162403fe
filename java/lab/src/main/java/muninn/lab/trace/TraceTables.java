package muninn.lab.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import muninn.lab.report.Column;
import muninn.lab.report.ColumnFormat;
import muninn.lab.report.Table;

/** The numbers of a trace, in long form. */
final class TraceTables {
  private final Trace trace;
  private final TokenTexts texts;
  private final int steps;

  TraceTables(Trace trace, TokenTexts texts) {
    this.trace = trace;
    this.texts = texts;
    steps = trace.options().steps();
  }

  List<Table> all() {
    List<Table> tables = new ArrayList<>(List.of(tokens(), steps(), principal(), directions()));
    if (!trace.starts().isEmpty()) {
      tables.add(starts());
    }
    return tables;
  }

  Table tokens() {
    List<Column<Trajectory>> columns =
        List.of(
            Column.<Trajectory>of("position", Trajectory::position).as("position"),
            Column.of("token", Trajectory::token),
            Column.of("text", t -> texts.text(t.token())),
            Column.read("token", ColumnFormat.PLAIN, t -> texts.quoted(t.token())),
            Column.of("in_prompt", Trajectory::inPrompt),
            Column.read("in", ColumnFormat.PLAIN, t -> t.inPrompt() ? "prompt" : "answer"),
            Column.of("says", t -> t.said(steps)),
            Column.of("says_text", t -> texts.text(t.said(steps))),
            Column.read("would say", ColumnFormat.PLAIN, t -> texts.quoted(t.said(steps))),
            Column.<Trajectory>of("probability", t -> t.probability(steps)).as("probability"),
            Column.<Trajectory>of("decided_at", Trajectory::decidedAt).as("from step"),
            Column.<Trajectory>of("settled_at", t -> boxed(t.settledAt(StepLines.SETTLED)))
                .as("moves < 3 % from"),
            Column.<Trajectory>of("motion", t -> t.motion().kind().toString()).as("ends as"),
            Column.<Trajectory>of("reach", t -> t.motion().reach()).as("reach"),
            Column.of("straightness", t -> t.motion().straightness()),
            Column.<Trajectory>of("period", t -> boxed(t.motion().period())).as("period"));
    return Table.of("tokens", "A row a position", columns, trace.trajectories());
  }

  private static Integer boxed(OptionalInt value) {
    return value.isPresent() ? value.getAsInt() : null;
  }

  /** A position at a step. */
  private record At(Trajectory way, int step) {}

  private List<At> everyStep() {
    return trace.trajectories().stream()
        .flatMap(t -> IntStream.rangeClosed(0, steps).mapToObj(j -> new At(t, j)))
        .toList();
  }

  private Table steps() {
    List<Column<At>> columns =
        new ArrayList<>(
            List.of(
                Column.of("position", at -> at.way.position()),
                Column.of("step", At::step),
                Column.of("norm", at -> at.way.norm(at.step)),
                Column.of("change", at -> at.way.change(at.step)),
                Column.of("distance_to_deepest", at -> at.way.toDeepest(at.step)),
                Column.of("kl_previous", at -> at.way.klPrevious(at.step)),
                Column.of("kl_deepest", at -> at.way.klDeepest(at.step)),
                Column.of("says", at -> at.step == 0 ? null : at.way.said(at.step)),
                Column.of(
                    "says_text", at -> at.step == 0 ? null : texts.text(at.way.said(at.step))),
                Column.of("probability", at -> at.way.probability(at.step))));
    if (trace.trajectories().stream().anyMatch(way -> !Double.isNaN(way.ended(steps)))) {
      columns.add(Column.of("gate_ended", at -> at.way.ended(at.step)));
    }
    return Table.of(
        "steps", "a row a position and step; step 0 is the initial state", columns, everyStep());
  }

  private Table principal() {
    record Placed(At at, double[] place) {}

    List<Column<Placed>> columns = new ArrayList<>();
    columns.add(Column.of("position", placed -> placed.at.way.position()));
    columns.add(Column.of("step", placed -> placed.at.step));
    for (int k = 0; k < trace.principal().size(); k++) {
      int direction = k;
      columns.add(Column.of("pc" + (k + 1), placed -> placed.place[direction]));
    }
    List<Placed> places =
        everyStep().stream()
            .map(at -> new Placed(at, trace.principal().place(at.way.state(at.step))))
            .toList();
    return Table.of("principal", "a row a position and step", columns, places);
  }

  private Table directions() {
    List<Column<Integer>> columns =
        List.of(
            Column.of("direction", k -> k + 1),
            Column.of("share_of_variance", k -> trace.principal().share(k)));
    return Table.of(
        "directions",
        "a row a principal direction",
        columns,
        IntStream.range(0, trace.principal().size()).boxed().toList());
  }

  private Table starts() {
    record Apart(OtherStart start, At at) {}

    List<Column<Apart>> columns =
        List.of(
            Column.of("seed", a -> a.start.seed()),
            Column.of("position", a -> a.at.way.position()),
            Column.of("step", a -> a.at.step),
            Column.of("distance", a -> a.start.distance(a.at.way.position(), a.at.step)),
            Column.of(
                "says_the_same",
                a -> a.at.step == 0 ? null : a.start.agrees(a.at.way.position(), a.at.step)));
    return Table.of(
        "starts",
        "a row a start other than the first, position and step",
        columns,
        trace.starts().stream()
            .flatMap(start -> everyStep().stream().map(at -> new Apart(start, at)))
            .toList());
  }
}
