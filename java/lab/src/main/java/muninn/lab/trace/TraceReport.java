package muninn.lab.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;
import muninn.lab.report.Axis;
import muninn.lab.report.Chart.Colours;
import muninn.lab.report.Figure;
import muninn.lab.report.Header;
import muninn.lab.report.HeatMap;
import muninn.lab.report.LineChart;
import muninn.lab.report.LineChart.Reference;
import muninn.lab.report.LineChart.Series;
import muninn.lab.report.Numbers;
import muninn.lab.report.Point;
import muninn.lab.report.Report;
import muninn.lab.report.ScatterChart;
import muninn.lab.report.ScatterChart.Dot;
import muninn.lab.report.ScatterChart.Group;
import muninn.lab.report.Section;
import muninn.lab.report.Section.Block;
import muninn.lab.report.Section.Text;
import muninn.text.Tokenizer;

/** A trace as pictures and tables. */
public final class TraceReport {
  /** The threshold of the exit rule {@code latent-diff}. */
  static final double SETTLED = 0.03;

  /** Below that a KL of float32 logits says nothing. */
  private static final double ROUNDING = 1e-10;

  private static final int DIRECTIONS = 2;

  /** Most positions with a picture of their own. */
  private static final int MOST_PATHS = 24;

  /** Steps until which each is shown; then four to each doubling. */
  private static final int EACH = 8;

  /** So many steps are shown all. */
  private static final int FEW = 24;

  private final Trace trace;
  private final List<Trajectory> trajectories;
  private final int steps;
  private final TokenTexts texts;
  private final TraceTables tables;

  private TraceReport(Trace trace, Optional<Tokenizer> tokenizer) {
    this.trace = trace;
    trajectories = trace.trajectories();
    steps = trace.options().steps();
    texts = new TokenTexts(tokenizer);
    tables = new TraceTables(trace, texts);
  }

  public static Report of(Trace trace, Optional<Tokenizer> tokenizer, Header header) {
    return new TraceReport(trace, tokenizer).report(header);
  }

  private Report report(Header header) {
    List<Section> sections = new ArrayList<>();
    sections.add(
        Section.of("What each position would say", said(), new Section.Shown(tables.tokens())));
    sections.add(settling());
    sections.add(ways());
    sections.add(paths());
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

  // Predictions

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

  // Convergence

  private Section settling() {
    return Section.of(
        "How thoughts settle",
        lines(
            "How far a step moves the latent",
            "‖sⱼ − sⱼ₋₁‖ / ‖sⱼ‖, a line a position. The exit rule latent-diff stops below 0.03 by"
                + " default.",
            "change, share of its length",
            Axis.Scale.LOG,
            List.of(new Reference("latent-diff 0.03", SETTLED)),
            1,
            Trajectory::change),
        lines(
            "How far the latent is from the deepest",
            String.format(
                    Locale.ROOT,
                    "The distance to the state after %d steps. A straight fall is a contraction:"
                        + " each step",
                    steps)
                + " removes the same share of what is left, down to the precision of float32.",
            "distance, share of its length",
            Axis.Scale.LOG,
            List.of(),
            1,
            (t, j) -> j == steps ? Double.NaN : t.toDeepest(j)),
        lines(
            "What stopping at a step would cost",
            "KL(deepest prediction ‖ prediction at this step), in nats.",
            "KL to the deepest, nats",
            Axis.Scale.LOG,
            List.of(),
            1,
            (t, j) -> j == steps ? Double.NaN : t.klDeepest(j)),
        lines(
            "How far a step moves the prediction",
            "KL(prediction at the step before ‖ at this step), in nats. The exit rule kl stops"
                + " below 5·10⁻⁴ by default.",
            "KL to the step before, nats",
            Axis.Scale.LOG,
            List.of(new Reference("kl 5·10⁻⁴", 5e-4)),
            2,
            Trajectory::klPrevious),
        lines(
            "How long the latent is",
            "‖sⱼ‖, from the initial state at step 0.",
            "norm",
            Axis.Scale.LINEAR,
            List.of(),
            0,
            Trajectory::norm));
  }

  private Figure lines(
      String title,
      String note,
      String label,
      Axis.Scale scale,
      List<Reference> references,
      int first,
      ToDoubleBiFunction<Trajectory, Integer> value) {
    List<Series> series =
        trajectories.stream()
            .map(
                t ->
                    new Series(
                        texts.name(t),
                        IntStream.rangeClosed(first, steps)
                            .mapToObj(j -> Point.of(j, value.applyAsDouble(t, j)))
                            .toList(),
                        false))
            .toList();
    Axis x = first == 0 ? Axis.linear("step") : Axis.log2("step");
    // What is left of a settled prediction's KL is rounding, which must not stretch the axis.
    boolean settled =
        scale == Axis.Scale.LOG
            && series.stream()
                .flatMap(s -> s.points().stream())
                .anyMatch(p -> p.y() > 0 && p.y() < ROUNDING);
    Axis y = new Axis(label, scale, settled ? ROUNDING : Double.NaN, Double.NaN);
    return new Figure(title, note, new LineChart(x, y, series, Colours.RAMP, references));
  }

  // Trajectories

  private Section ways() {
    List<Block> blocks = new ArrayList<>();
    Principal principal = trace.principal();
    blocks.add(
        new Text(
            String.format(
                    Locale.ROOT,
                    "Principal components of %d states of all positions and steps. The first %d"
                        + " directions",
                    principal.fitted(),
                    principal.size())
                + String.format(
                    Locale.ROOT,
                    " hold %s of their variance. A ring is where a position starts, a disc where"
                        + " it",
                    percent(
                        IntStream.range(0, principal.size()).mapToDouble(principal::share).sum()))
                + " ends."));
    for (int k = 0; k + 1 < principal.size(); k += 2) {
      int across = k;
      List<Group> groups =
          trajectories.stream()
              .map(t -> path(principal, t, 0, across, texts.name(t), false))
              .toList();
      blocks.add(
          new Figure(
              String.format(Locale.ROOT, "Directions %d and %d", k + 1, k + 2),
              "All positions in one plane.",
              plane(principal, k, groups)));
    }
    return new Section("Ways through latent space", blocks);
  }

  private Section paths() {
    List<Block> blocks = new ArrayList<>();
    int from = Math.max(0, trajectories.size() - MOST_PATHS);
    blocks.add(
        new Text(
            "Each position alone, in the first two directions and at a scale of its own, from the"
                + " first step on. The numbers are steps. A fixed point stops moving, an orbit"
                + " returns, a slider keeps going."
                + (from > 0
                    ? String.format(Locale.ROOT, " The last %d positions are shown.", MOST_PATHS)
                    : "")));
    for (Trajectory t : trajectories.subList(from, trajectories.size())) {
      blocks.addAll(alone(t));
    }
    return new Section("Position by position", blocks);
  }

  private List<Figure> alone(Trajectory t) {
    List<Figure> figures = new ArrayList<>();
    Motion motion = t.motion();
    String period = motion.period().isPresent() ? ", period " + motion.period().getAsInt() : "";
    if (trace.principal().size() > 1) {
      figures.add(
          new Figure(
              texts.name(t) + ": " + motion.kind() + period,
              String.format(
                  Locale.ROOT,
                  "In the second half it goes as far as %s of its length from its end.",
                  Numbers.shown(motion.reach())),
              plane(trace.principal(), 0, List.of(path(trace.principal(), t, 1, 0, "", true)))));
    }
    if (motion.kind().goesOn()) {
      int half = steps / 2;
      Principal own =
          Principal.ofStates(
              IntStream.rangeClosed(half, steps).mapToObj(t::state).toList(), DIRECTIONS);
      if (own.size() > 1) {
        figures.add(
            new Figure(
                texts.name(t) + ": the second half, in directions of its own",
                String.format(
                    Locale.ROOT,
                    "Steps %d to %d, by the principal components of these alone.",
                    half,
                    steps),
                plane(own, 0, List.of(path(own, t, half, 0, "", true)))));
      }
    }
    return figures;
  }

  private static ScatterChart plane(Principal principal, int across, List<Group> groups) {
    return new ScatterChart(
        axis(principal, across), axis(principal, across + 1), groups, Colours.RAMP, true);
  }

  private static Group path(
      Principal principal, Trajectory t, int first, int across, String name, boolean numbered) {
    List<Dot> dots = new ArrayList<>();
    for (int j = first; j <= t.steps(); j++) {
      double[] place = principal.place(t.state(j));
      boolean shown = numbered && (Integer.bitCount(j) == 1 || j == first);
      String label = shown ? Integer.toString(j) : "";
      dots.add(new Dot(place[across], place[across + 1], "step " + j, label));
    }
    return new Group(name, ScatterChart.Style.PATH, dots);
  }

  private static Axis axis(Principal principal, int direction) {
    return Axis.linear(
        String.format(
            Locale.ROOT, "direction %d (%s)", direction + 1, percent(principal.share(direction))));
  }

  private static String percent(double share) {
    return Numbers.shown(100 * share) + " %";
  }

  // Path independence

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
        lines(
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
