package muninn.lab.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import muninn.lab.report.Axis;
import muninn.lab.report.Chart.Colours;
import muninn.lab.report.Figure;
import muninn.lab.report.Numbers;
import muninn.lab.report.ScatterChart;
import muninn.lab.report.ScatterChart.Dot;
import muninn.lab.report.ScatterChart.Group;
import muninn.lab.report.Section;
import muninn.lab.report.Section.Block;
import muninn.lab.report.Section.Text;

/** The ways of a trace's states through latent space, drawn in planes of principal components. */
final class Ways {
  private static final int DIRECTIONS = 2;

  /** Most positions with a picture of their own. */
  private static final int MOST_PATHS = 24;

  private final Trace trace;
  private final List<Trajectory> trajectories;
  private final int steps;
  private final TokenTexts texts;

  Ways(Trace trace, TokenTexts texts) {
    this.trace = trace;
    trajectories = trace.trajectories();
    steps = trace.options().steps();
    this.texts = texts;
  }

  /** All positions in the planes of the trace's principal components. */
  Section together() {
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

  /** Each position in a plane of its own. */
  Section alone() {
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
}
