package muninn.lab.expect;

import java.util.List;
import java.util.Locale;
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
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.WeightChoice;
import muninn.model.forward.Forward;

/**
 * What this project wants of a card, beside what the timing model expects there: which goals the
 * kernels can reach, before anybody has measured them.
 */
public final class Goals {
  private static final int STEPS = 32;
  private static final int SHORT = 128; // positions, of prompts, answers and contexts
  private static final int PREFILL = 512; // lanes
  private static final KvSharing SHARED = KvSharing.parse("mod:4");

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
        job(2000),
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
    return timing.of(forward.program(Role.CORE), span).seconds() + timing.between(span.lanes());
  }

  private Goal job(double wanted) {
    Job.Plan plan =
        new Job(model, timing, STEPS, SHARED, KvCache.FP8, WeightChoice.AUTO, SHORT, SHORT)
            .byItself();
    String what =
        String.format(
            Locale.ROOT,
            "tokens/s of batch: prompts and answers of %d, keys %s in fp8, %d at once",
            SHORT,
            SHARED,
            plan.requests());
    return new Goal(what, plan.tokensPerSecond(), wanted, false);
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
