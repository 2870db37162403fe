package muninn.lab.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import muninn.engine.answer.Completion.Rate;
import muninn.lab.report.Figure;
import muninn.lab.report.HeatMap;

/** Pictures of how often guesses were right, where a sweep has cells that guess. */
final class AcceptanceCharts {
  private static final Set<Integer> SHOWN_STEPS =
      Set.of(1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128);
  private static final int MOST_PLACES = 12;

  private final Findings findings;

  AcceptanceCharts(Findings findings) {
    this.findings = findings;
  }

  /** How often guesses were right, by the steps after which they were made. */
  Optional<Figure> byDepth() {
    List<Finding> cells = Findings.oneThingAtATime(findings.measured(this::guessesDeep));
    Set<Integer> all = new TreeSet<>();
    cells.forEach(f -> all.addAll(f.counts().guesses().byDepth().keySet()));
    all.removeIf(steps -> !SHOWN_STEPS.contains(steps));
    return rates(
        "How often a guess after so many steps is the last word",
        "Per cent of guesses, at the deepest depth. A wavefront asks lanes again as they deepen.",
        cells,
        "steps",
        List.copyOf(all),
        (f, steps) -> f.counts().guesses().byDepth().get(steps));
  }

  /** How often guesses were right, by how far ahead of the text they were made. */
  Optional<Figure> byPlace() {
    List<Finding> cells = Findings.oneThingAtATime(findings.measured(this::guessesDeep));
    int most = cells.stream().mapToInt(f -> f.counts().guesses().byPlace().size()).max().orElse(0);
    List<Integer> places = new ArrayList<>();
    for (int place = 1; place <= Math.min(most, MOST_PLACES); place++) {
      places.add(place);
    }
    return rates(
        "How often a lane so far ahead had the right token",
        "Per cent of lanes opened on guesses, at the deepest depth, by lanes between the text and"
            + " them.",
        cells,
        "lanes ahead",
        places,
        (f, place) -> {
          List<Rate> rates = f.counts().guesses().byPlace();
          return place <= rates.size() ? rates.get(place - 1) : null;
        });
  }

  private boolean guessesDeep(Finding finding) {
    return finding.speculates() && finding.setting().steps() == findings.grid().deepestSteps();
  }

  /** The rate of one cell in one column; null where there is none. */
  private interface Rates {
    Rate of(Finding finding, int column);
  }

  private static Optional<Figure> rates(
      String title,
      String note,
      List<Finding> cells,
      String across,
      List<Integer> columns,
      Rates rates) {
    if (cells.isEmpty() || columns.isEmpty()) {
      return Optional.empty();
    }
    List<List<Double>> values = new ArrayList<>();
    for (Finding finding : cells) {
      List<Double> line = new ArrayList<>();
      for (int column : columns) {
        Rate rate = rates.of(finding, column);
        line.add(rate == null ? Double.NaN : 100 * SweepTables.share(rate));
      }
      values.add(line);
    }
    return Optional.of(
        new Figure(
            title,
            note,
            HeatMap.of(
                "",
                cells.stream().map(f -> f.setting().label(Setting.Axis.STEPS)).toList(),
                across,
                columns.stream().map(String::valueOf).toList(),
                values,
                "right, %")));
  }
}
