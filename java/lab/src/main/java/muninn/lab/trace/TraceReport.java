package muninn.lab.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import muninn.lab.report.Axis;
import muninn.lab.report.Figure;
import muninn.lab.report.Header;
import muninn.lab.report.HeatMap;
import muninn.lab.report.Numbers;
import muninn.lab.report.Report;
import muninn.lab.report.Section;
import muninn.lab.report.Section.Text;
import muninn.text.Tokenizer;

/** A trace as pictures and tables. */
public final class TraceReport {
  /** Steps until which each is shown; then four to each doubling. */
  private static final int EACH = 8;

  /** So many steps are shown all. */
  private static final int FEW = 24;

  private final Trace trace;
  private final List<Trajectory> trajectories;
  private final int steps;
  private final TokenTexts texts;
  private final TraceTables tables;
  private final StepLines lines;

  private TraceReport(Trace trace, Optional<Tokenizer> tokenizer) {
    this.trace = trace;
    trajectories = trace.trajectories();
    steps = trace.options().steps();
    texts = new TokenTexts(tokenizer);
    tables = new TraceTables(trace, texts);
    lines = new StepLines(trace, texts);
  }

  public static Report of(Trace trace, Optional<Tokenizer> tokenizer, Header header) {
    return new TraceReport(trace, tokenizer).report(header);
  }

  private Report report(Header header) {
    List<Section> sections = new ArrayList<>();
    sections.add(
        Section.of("What each position would say", said(), new Section.Shown(tables.tokens())));
    sections.add(lines.settling());
    Ways ways = new Ways(trace, texts);
    sections.add(ways.together());
    sections.add(ways.alone());
    if (!trace.starts().isEmpty()) {
      sections.add(starts());
    }
    return new Report(
        "Trace of “" + prompt() + "” over " + steps + " steps",
        summary(),
        header,
        sections,
        tables.all());
  }

  private String prompt() {
    return texts.whole(trace.options().prompt());
  }

  private String summary() {
    Trajectory last = trajectories.get(trace.options().prompt().length - 1);
    StringBuilder summary = new StringBuilder();
    summary.append(
        String.format(
            Locale.ROOT,
            "The prompt's last position says “%s” from step %d on (probability %s at step %d). ",
            texts.shown(last.said(steps)),
            last.decidedAt(),
            Numbers.shown(last.probability(steps)),
            steps));
    List<String> kinds = new ArrayList<>();
    for (Motion.Kind kind : Motion.Kind.values()) {
      long count = trajectories.stream().filter(t -> t.motion().kind() == kind).count();
      if (count > 0) {
        kinds.add(String.format(Locale.ROOT, "%s: %d", kind, count));
      }
    }
    summary.append(
        String.format(
            Locale.ROOT, "Positions by how their latents end: %s.", String.join(", ", kinds)));
    if (!trace.starts().isEmpty()) {
      double farthest =
          trajectories.stream().mapToDouble(t -> distanceToStarts(t, steps)).max().orElse(0);
      summary.append(
          String.format(
              Locale.ROOT,
              " From %s, ends lie within %s of a latent's length of the first one's.",
              count(trace.starts().size(), "other start"),
              Numbers.shown(farthest)));
    }
    return summary.toString();
  }

  private static String count(int n, String what) {
    return n + " " + what + (n == 1 ? "" : "s");
  }

  private Figure said() {
    List<Integer> shown = shownSteps();
    List<List<Double>> probability = new ArrayList<>();
    List<List<String>> said = new ArrayList<>();
    for (Trajectory t : trajectories) {
      probability.add(shown.stream().map(t::probability).toList());
      said.add(shown.stream().map(j -> texts.cell(t.said(j))).toList());
    }
    return new Figure(
        "The most probable next token, by step",
        "A row a position, a column a step: the token that it would say after that step, coloured"
            + " by its probability. Where a row stops changing, thinking on changes nothing.",
        new HeatMap(
            "position",
            trajectories.stream().map(texts::name).toList(),
            "step",
            shown.stream().map(j -> Integer.toString(j)).toList(),
            probability,
            "probability",
            said));
  }

  private List<Integer> shownSteps() {
    List<Integer> shown = new ArrayList<>();
    for (int j = 1; j <= steps; j++) {
      int every = steps <= FEW || j <= EACH ? 1 : Integer.highestOneBit((j - 1) / EACH) * 2;
      if (j % every == 0 || j == steps) {
        shown.add(j);
      }
    }
    return shown;
  }

  private Section starts() {
    return Section.of(
        "Does it matter where thinking starts?",
        new Text(
            String.format(
                    Locale.ROOT,
                    "The same prompt from %s (seeds %d to %d). Where the lines fall to",
                    count(trace.starts().size(), "other initial state"),
                    trace.starts().getFirst().seed(),
                    trace.starts().getLast().seed())
                + " nothing, the end does not depend on the start: the way is forgotten."),
        lines.of(
            "Distance between ways that started apart",
            "Mean distance of the other starts' latents from the first one's at the same step, as a"
                + " share of its length; a line a position.",
            "distance, share of its length",
            Axis.Scale.LOG,
            List.of(),
            1,
            this::distanceToStarts),
        agreement());
  }

  private Figure agreement() {
    List<Integer> shown = shownSteps();
    List<List<Double>> agree = new ArrayList<>();
    for (Trajectory t : trajectories) {
      agree.add(
          shown.stream()
              .map(
                  j ->
                      trace.starts().stream().filter(s -> s.agrees(t.position(), j)).count()
                          / (double) trace.starts().size())
              .toList());
    }
    return new Figure(
        "Other starts that would say the same",
        "Share of the other starts whose most probable next token is the first start's, by step.",
        HeatMap.of(
            "position",
            trajectories.stream().map(texts::name).toList(),
            "step",
            shown.stream().map(j -> Integer.toString(j)).toList(),
            agree,
            "share"));
  }

  private double distanceToStarts(Trajectory t, int j) {
    return trace.starts().stream()
        .mapToDouble(start -> start.distance(t.position(), j))
        .average()
        .orElse(Double.NaN);
  }
}
