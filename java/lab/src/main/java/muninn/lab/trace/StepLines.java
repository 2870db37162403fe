package muninn.lab.trace;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;
import muninn.lab.report.Axis;
import muninn.lab.report.Chart.Colours;
import muninn.lab.report.Figure;
import muninn.lab.report.LineChart;
import muninn.lab.report.LineChart.Reference;
import muninn.lab.report.LineChart.Series;
import muninn.lab.report.Point;
import muninn.lab.report.Section;

/** What changes over a trace's steps, as charts with a line a position. */
final class StepLines {
  /** The threshold of the exit rule {@code latent-diff}. */
  static final double SETTLED = 0.03;

  /** Below that a KL of float32 logits says nothing. */
  private static final double ROUNDING = 1e-10;

  private final List<Trajectory> trajectories;
  private final int steps;
  private final TokenTexts texts;

  StepLines(Trace trace, TokenTexts texts) {
    trajectories = trace.trajectories();
    steps = trace.options().steps();
    this.texts = texts;
  }

  /** What each position's state and prediction do from step to step. */
  Section settling() {
    return Section.of(
        "How thoughts settle",
        of(
            "How far a step moves the latent",
            "‖sⱼ − sⱼ₋₁‖ / ‖sⱼ‖, a line a position. The exit rule latent-diff stops below 0.03 by"
                + " default.",
            "change, share of its length",
            Axis.Scale.LOG,
            List.of(new Reference("latent-diff 0.03", SETTLED)),
            1,
            Trajectory::change),
        of(
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
        of(
            "What stopping at a step would cost",
            "KL(deepest prediction ‖ prediction at this step), in nats.",
            "KL to the deepest, nats",
            Axis.Scale.LOG,
            List.of(),
            1,
            (t, j) -> j == steps ? Double.NaN : t.klDeepest(j)),
        of(
            "How far a step moves the prediction",
            "KL(prediction at the step before ‖ at this step), in nats. The exit rule kl stops"
                + " below 5·10⁻⁴ by default.",
            "KL to the step before, nats",
            Axis.Scale.LOG,
            List.of(new Reference("kl 5·10⁻⁴", 5e-4)),
            2,
            Trajectory::klPrevious),
        of(
            "How long the latent is",
            "‖sⱼ‖, from the initial state at step 0.",
            "norm",
            Axis.Scale.LINEAR,
            List.of(),
            0,
            Trajectory::norm));
  }

  /**
   * A line a position.
   *
   * @param first the first step that has a value
   */
  Figure of(
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
}
