package muninn.lab.expect;

import java.util.List;
import java.util.stream.IntStream;
import muninn.kernels.Cost;
import muninn.kernels.Costs;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.PaperDevice;
import muninn.kernels.Program.Role;
import muninn.kernels.Span;
import muninn.lab.report.Column;
import muninn.lab.report.Numbers;
import muninn.model.Forward;
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.WeightChoice;

/**
 * What this project wants of a card, beside what the timing model expects there: which goals the
 * kernels can reach, before anybody has measured them.
 */
public final class Goals {
  private static final int STEPS = 32;
  private static final int SHORT = 128; // positions, of prompts, answers and contexts
  private static final int PREFILL = 512; // lanes
  private static final int MOST_SEQUENCES = 1024;

  private final Model model;
  private final Card card;
  private final TimingModel timing;

  /** Of a model at 32 steps. */
  public Goals(Model model, TimingModel timing) {
    this.model = model;
    this.timing = timing;
    card = timing.card();
  }

  /**
   * One.
   *
   * @param share whether figures are shares
   */
  public record Goal(String what, double expected, double wanted, boolean share) {
    public boolean met() {
      return expected >= wanted;
    }

    private String shown(double figure) {
      return share ? Numbers.percent(figure) : Numbers.shown(figure);
    }
  }

  /** The table, for people. */
  public static final List<Column<Goal>> COLUMNS =
      List.of(
          Column.<Goal>of("goal", Goal::what).as("goal"),
          Column.<Goal>of("expected", goal -> goal.shown(goal.expected)).as("expected"),
          Column.<Goal>of("wanted", goal -> goal.shown(goal.wanted)).as("at least"),
          Column.<Goal>of("met", goal -> goal.met() ? "yes" : "no").as("reached"));

  public List<Goal> all() {
    return List.of(
        ofReading("a core step of 1 lane, of what reads reach", 1, 0.90),
        ofReading("a core step of 64 lanes, of what reads reach", 64, 0.80),
        new Goal("a prompt of 512, of a library's large product", prefill(), 0.65, true),
        new Goal("tokens/s: prompts and answers of 128, keys mod:4 in fp8", output(), 2000, false),
        coded("int8", 1.7),
        coded("fp8", 1.7),
        coded("int4", 2.8));
  }

  private Goal ofReading(String what, int lanes, double wanted) {
    double ofDatasheet =
        row(WeightChoice.AUTO, KvSharing.FULL, Format.BF16, lanes, SHORT).ofFloor();
    return new Goal(what, ofDatasheet * card.bandwidth() / card.readRate(), wanted, true);
  }

  /** FLOP of a step of a prompt's positions, over its time, over the library's rate. */
  private double prefill() {
    Forward forward = Expectation.forward(model, paper(Format.BF16), PREFILL);
    Cost cost = Costs.of(forward.program(Role.CORE), Span.prompt(PREFILL));
    return cost.flop() / step(forward, Span.prompt(PREFILL)) / card.libraryRate();
  }

  private double step(Forward forward, Span span) {
    return timing.of(forward.program(Role.CORE), span).seconds() + Expectation.BETWEEN_PROGRAMS;
  }

  /** New tokens a second of as many sequences as are best, their prompts' time included. */
  private double output() {
    return IntStream.iterate(64, n -> n <= MOST_SEQUENCES, n -> 2 * n)
        .mapToDouble(
            n -> {
              Expectation.Row row =
                  row(WeightChoice.AUTO, KvSharing.parse("mod:4"), KvCache.FP8, n, SHORT * 3 / 2);
              double prompts = (double) n * SHORT / PREFILL * promptSeconds();
              return row.fits() ? n * SHORT / (SHORT * row.tokenSeconds() + prompts) : 0;
            })
        .max()
        .orElseThrow();
  }

  /** As many prompts of 128 as make 512 lanes: prelude and all steps. */
  private double promptSeconds() {
    Forward forward = Expectation.forward(model, paper(KvCache.FP8), PREFILL);
    long attended = (long) PREFILL * (SHORT + 1) / 2;
    Span span = new Span(PREFILL, attended, PREFILL);
    return STEPS * step(forward, span) + timing.of(forward.program(Role.PRELUDE), span).seconds();
  }

  private Goal coded(String format, double wanted) {
    WeightChoice choice = new WeightChoice(format, "");
    double plain = row(WeightChoice.AUTO, KvSharing.FULL, Format.BF16, 1, SHORT).tokensPerSecond();
    double codes = row(choice, KvSharing.FULL, Format.BF16, 1, SHORT).tokensPerSecond();
    return new Goal(
        "times bfloat16: one sequence, weights in " + format, codes / plain, wanted, false);
  }

  private Expectation.Row row(
      WeightChoice choice, KvSharing kv, Format kept, int lanes, int context) {
    return Expectation.of(model, timing, STEPS, kv, kept, choice, List.of(lanes), List.of(context))
        .rows()
        .getFirst();
  }

  private static PaperDevice paper(Format kept) {
    return new PaperDevice(DType.BF16, DType.BF16, kept);
  }
}
