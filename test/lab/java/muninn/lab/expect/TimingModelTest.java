package muninn.lab.expect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import muninn.UserException;
import muninn.engine.Room;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.Op;
import muninn.kernels.PaperDevice;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.kernels.Span;
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.WeightChoice;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TimingModelTest {
  private static final KernelFigures.Products FIRST_PRODUCTS =
      new KernelFigures.Products(
          List.of(58.7, 83.0, 83.0, 125.0),
          List.of(16.0, 16.0, 16.0, 16.0),
          List.of(8, 6, 6, 4),
          List.of(73_856, 61_568, 73_856, 65_664));

  /** The kernels that the hand-made table is of. */
  private static final KernelFigures FIRST =
      new KernelFigures(
          FIRST_PRODUCTS,
          FIRST_PRODUCTS,
          FIRST_PRODUCTS,
          FIRST_PRODUCTS,
          9e-6,
          1.4e-6,
          0.15e-6,
          0.28e-6,
          0.58e-6,
          1.2e-6,
          512,
          Float.BYTES,
          false,
          new AttentionFigures(730, 0, 0, 1520, 0),
          new AttentionFigures(730, 0, 0, 1520, 0),
          new AttentionFigures(730, 0, 0, 1520, 0),
          0,
          Integer.MAX_VALUE,
          1);

  private static Expectation.Row row(String model, Card card, int lanes, int context) {
    return row(model, card, KernelFigures.NOW, lanes, context);
  }

  private static Expectation.Row row(
      String model, Card card, KernelFigures kernels, int lanes, int context) {
    try (Model opened = Model.open(model)) {
      return Expectation.of(
              opened,
              new TimingModel(card, kernels),
              32,
              KvSharing.FULL,
              Format.BF16,
              WeightChoice.AUTO,
              List.of(lanes),
              List.of(context))
          .rows()
          .getFirst();
    }
  }

  private static Expectation.Row huginn(Card card, int lanes, int context) {
    return row("random:huginn-0125", card, lanes, context);
  }

  /** Worked out by hand from the compiled kernels: docs/expect.md. */
  @ParameterizedTest
  @CsvSource({
    "1, 128, 26.4",
    "1, 1024, 25.5",
    "1, 4096, 23.7",
    "8, 128, 205",
    "8, 1024, 166",
    "16, 128, 373",
    "32, 128, 680",
    "64, 128, 1090",
    "256, 128, 2500"
  })
  void theFirstKernelsAreWhereTheHandMadeTableHasThem(
      int lanes, int context, double tokensPerSecond) {
    assertThat(row("random:huginn-0125", Card.H100, FIRST, lanes, context).tokensPerSecond())
        .isCloseTo(tokensPerSecond, within(0.05 * tokensPerSecond));
  }

  @ParameterizedTest
  @CsvSource({"1, 128", "8, 1024", "64, 128", "256, 128", "512, 128"})
  void todaysAreFaster(int lanes, int context) {
    double before = row("random:huginn-0125", Card.H100, FIRST, lanes, context).tokensPerSecond();
    assertThat(huginn(Card.H100, lanes, context).tokensPerSecond()).isGreaterThan(before);
  }

  @Test
  void codesAreReadAnewForEverySixtyFourLanesUntilDecodingThemOncePays() {
    TimingModel timing = new TimingModel(Card.H100);
    WeightChoice int4 = new WeightChoice("int4", "");
    try (Model model = Model.open("random:huginn-0125")) {
      PaperDevice paper = new PaperDevice(DType.BF16, DType.BF16);
      Op.Product product =
          Expectation.forward(model, Parameters.load(model, paper, int4), paper, 64)
              .program(Role.CORE)
              .ops()
              .stream()
              .filter(Op.Product.class::isInstance)
              .map(Op.Product.class::cast)
              .filter(op -> op.weights().format() instanceof Format.Coded)
              .findFirst()
              .orElseThrow();
      double once = timing.of(product, Span.alone(64, 1)).seconds();
      assertThat(timing.of(product, Span.alone(192, 1)).seconds())
          .isCloseTo(3 * once, within(1e-9));
      assertThat(timing.of(product, Span.alone(65, 1)).seconds()).isGreaterThan(once);
      // from the fourth time on they are decoded for a library
      assertThat(timing.of(product, Span.alone(193, 1)).seconds()).isLessThan(4 * once);
      assertThat(timing.of(product, Span.alone(512, 1)).seconds()).isLessThan(8 * once / 1.5);
    }
  }

  @Test
  void lanesOfAPromptShareBlocksOfAttention() {
    try (Model model = Model.open("random:huginn-0125")) {
      PaperDevice paper = new PaperDevice(DType.BF16, DType.BF16);
      Op.Attend attend =
          Expectation.forward(model, paper, 512).program(Role.CORE).ops().stream()
              .filter(Op.Attend.class::isInstance)
              .map(Op.Attend.class::cast)
              .findFirst()
              .orElseThrow();
      TimingModel timing = new TimingModel(Card.H100);
      double prompt = timing.of(attend, Span.prompt(512)).seconds();
      double alone = timing.of(attend, Span.alone(512, 256)).seconds();
      // eight share a block's instructions, and alone it is memory that limits
      assertThat(prompt).isBetween(alone / 16, alone / 4);
    }
  }

  private static List<Op.Product> products(Model model, int lanes) {
    PaperDevice paper = new PaperDevice(DType.BF16, DType.BF16);
    return Expectation.forward(model, paper, lanes).program(Role.CORE).ops().stream()
        .filter(Op.Product.class::isInstance)
        .map(Op.Product.class::cast)
        .toList();
  }

  private static double seconds(TimingModel timing, List<Op.Product> products, int lanes) {
    return products.stream().mapToDouble(op -> timing.of(op, Span.alone(lanes, 1)).seconds()).sum();
  }

  /** By another hand: docs/measurements.md, products of warpgroups, at 5.5 TB/s of L2. */
  @ParameterizedTest
  @CsvSource({"256, 394", "512, 466", "2048, 505"})
  void warpgroupsMultiplyAsFastAsTheL2CacheLetsThem(int lanes, double teraflops) {
    try (Model model = Model.open("random:huginn-0125")) {
      List<Op.Product> products = products(model, lanes);
      double flop =
          products.stream()
              .mapToDouble(op -> 2.0 * op.weights().rows() * op.weights().columns())
              .sum();
      double rate =
          lanes * flop / seconds(TimingModel.ofWarpgroups(Card.H100), products, lanes) / 1e12;
      assertThat(rate).isCloseTo(teraflops, within(0.15 * teraflops));
      for (Op.Product op : products) {
        Expected one = TimingModel.ofWarpgroups(Card.H100).of(op, Span.alone(2048, 1));
        assertThat(one.binds()).isEqualTo(Bound.L2);
      }
    }
  }

  @Test
  void halfATileOfLanesIsLeftOutAndNoMore() {
    try (Model model = Model.open("random:huginn-0125")) {
      List<Op.Product> products = products(model, 512);
      TimingModel timing = TimingModel.ofWarpgroups(Card.H100);
      double half = seconds(timing, products, 128);
      assertThat(seconds(timing, products, 1)).isCloseTo(half, within(0.02 * half));
      assertThat(seconds(timing, products, 129)).isGreaterThan(1.05 * half);
      assertThat(seconds(timing, products, 512)).isGreaterThan(seconds(timing, products, 256));
    }
  }

  @Test
  void codesAreMultipliedAsWithoutWarpgroups() {
    try (Model model = Model.open("random:huginn-0125")) {
      PaperDevice paper = new PaperDevice(DType.BF16, DType.BF16);
      Parameters coded = Parameters.load(model, paper, new WeightChoice("int8", ""));
      for (Op op : Expectation.forward(model, coded, paper, 256).program(Role.CORE).ops()) {
        if (op instanceof Op.Product product
            && product.weights().format() instanceof Format.Coded) {
          Span span = Span.alone(256, 1);
          assertThat(TimingModel.ofWarpgroups(Card.H100).of(op, span))
              .isEqualTo(new TimingModel(Card.H100).of(op, span));
        }
      }
    }
  }

  @Test
  void aCardWithoutWarpgroupsIsRefusedByName() {
    assertThatThrownBy(() -> TimingModel.ofWarpgroups(Card.A100))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("A100 SXM 80GB has none")
        .hasMessageContaining("h100 or h200");
  }

  /** Attention of one layer, for a head of this width among as many heads as make 3840. */
  private static Expected attention(Card card, int width) {
    String name = "random:3840x" + 3840 / width + "x512,vocab=256,layers=1/1/1";
    try (Model model = Model.open(name)) {
      PaperDevice paper = new PaperDevice(DType.BF16, DType.BF16);
      Op attend =
          Expectation.forward(model, paper, 64).program(Role.CORE).ops().stream()
              .filter(Op.Attend.class::isInstance)
              .findFirst()
              .orElseThrow();
      return new TimingModel(card).of(attend, Span.alone(64, 2048));
    }
  }

  @Test
  void whatFillsUpTheRowsOfAHeadIsMultipliedAndWholePagesNoLongerComeAtOnce() {
    // of the same number of elements in all: 40 heads of 96, 48 of 80, 60 of 64; of more heads a
    // block takes more one after another, which makes a difference of a few per cent
    Expected whole = attention(Card.H100, 96);
    assertThat(issue(attention(Card.H100, 64)) / issue(whole)).isCloseTo(1, within(0.03));
    double byRows = 1 + 32 * 31 / (322 + 4 * 323 + 32 * 18.4); // a run of four splits
    assertThat(issue(attention(Card.H100, 80)) / issue(whole))
        .isCloseTo(48 / 40.0 * byRows, within(0.06));
    assertThat(attention(Card.H100, 80).seconds()).isGreaterThan(whole.seconds());
    // before sm_90 all pages come row by row: only the filling is left
    assertThat(issue(attention(Card.A100, 80)) / issue(attention(Card.A100, 96)))
        .isCloseTo(48 / 40.0, within(0.03));
  }

  private static double issue(Expected expected) {
    return expected.parts().get(Bound.ISSUE);
  }

  @Test
  void goalsSayWhatIsReached() {
    try (Model model = Model.open("random:huginn-0125")) {
      List<Goals.Goal> goals = new Goals(model, new TimingModel(Card.H100)).all();
      assertThat(goals).extracting(Goals.Goal::what).doesNotHaveDuplicates();
      assertThat(goals).extracting(Goals.Goal::expected).allMatch(figure -> figure > 0);
      assertThat(goals.getFirst().expected()).isBetween(0.9, 1.0);
      assertThat(new Goals.Goal("one", 0.8, 0.8, true).met()).isTrue();
      assertThat(new Goals.Goal("one", 0.79, 0.8, true).met()).isFalse();
    }
  }

  @Test
  void aJobThinksAboutPromptsInTheTicksOfAnswers() {
    try (Model model = Model.open("random:huginn-0125")) {
      TimingModel timing = new TimingModel(Card.H100);
      Job.Plan best = job(model, timing, 128, 128).byItself();
      assertThat(best.fits()).isTrue();
      assertThat(best.lanes()).isEqualTo(best.answers() + 128 * Math.ceilDiv(best.answers(), 128));
      // nearly without prompts it is quicker
      Job.Plan hardlyAny = job(model, timing, 1, 128).of(best.answers());
      assertThat(hardlyAny.tokensPerSecond())
          .isBetween(1.4 * best.tokensPerSecond(), 2.5 * best.tokensPerSecond());
      // and no quicker than products alone would let it be
      assertThat(best.tokensPerSecond()).isLessThan(timing.card().libraryRate() / (2 * 108.6e9));
      // what does not fit is not planned with
      assertThat(job(model, timing, 128, 128).of(4096).fits()).isFalse();
    }
  }

  private static Job job(Model model, TimingModel timing, int prompt, int answer) {
    return new Job(
        model,
        timing,
        32,
        KvSharing.parse("mod:4"),
        KvCache.FP8,
        WeightChoice.AUTO,
        prompt,
        answer);
  }

  /** Why a job takes no more on a GPU, and no fewer: {@link Room#MOST_OFFLINE}. */
  @ParameterizedTest
  @CsvSource({"random:huginn-0125, 32", "random:ouro-1.4b, 4", "random:1024x8x3456, 32"})
  void moreRequestsAtOnceThanAJobTakesHardlyPayOnAnyCard(String name, int steps) {
    try (Model model = Model.open(name)) {
      for (Card card : Card.values()) {
        Job job =
            new Job(
                model,
                new TimingModel(card),
                steps,
                KvSharing.parse("mod:4"),
                KvCache.FP8,
                WeightChoice.AUTO,
                128,
                128);
        double usual = job.of(Room.MOST_SEQUENCES).tokensPerSecond();
        double many = job.of(Room.MOST_OFFLINE).tokensPerSecond();
        assertThat(many).as(card.title()).isBetween(1.05 * usual, 1.7 * usual);
        assertThat(job.of(2 * Room.MOST_OFFLINE).tokensPerSecond())
            .as(card.title())
            .isLessThan(1.05 * many);
      }
    }
  }

  @Test
  void aJobByItselfReachesWhatIsWantedOfIt() {
    try (Model model = Model.open("random:huginn-0125")) {
      Job.Plan plan = job(model, new TimingModel(Card.H100), 128, 128).byItself();
      assertThat(plan.requests()).isEqualTo(Room.MOST_OFFLINE);
      assertThat(plan.tokensPerSecond()).isGreaterThan(2000);
    }
  }

  @Test
  void betweenProgramsPagesArePutIntoTablesTheMoreOftenTheMoreLanes() {
    TimingModel timing = new TimingModel(Card.H100);
    assertThat(timing.between(1)).isCloseTo(4e-6 + 4.5e-6 / 16, within(1e-9));
    assertThat(timing.between(64)).isBetween(8e-6, 8.5e-6);
    assertThat(timing.between(4096)).isCloseTo(8.5e-6, within(1e-9));
  }

  @Test
  void kindsOfLanesShareAPassButForAttention() {
    try (Model model = Model.open("random:huginn-0125")) {
      TimingModel timing = new TimingModel(Card.H100);
      Forward forward =
          Expectation.forward(model, new PaperDevice(DType.BF16, DType.BF16, Format.BF16), 1024);
      Program core = forward.program(Role.CORE);
      Span answers = Span.alone(512, 192);
      Span prompts = new Span(512, 512 * 129 / 2, 512);
      double both = timing.of(core, List.of(answers, prompts)).seconds();
      double apart = timing.of(core, answers).seconds() + timing.of(core, prompts).seconds();
      assertThat(both).isBetween(0.9 * apart, 0.99 * apart);
      assertThat(timing.of(core, List.of(answers)).seconds())
          .isEqualTo(timing.of(core, answers).seconds());
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  void noCardIsExpectedToBeatItsDataSheet(Card card) {
    for (int lanes : List.of(1, 8, 16, 32, 64, 65, 256, 512, 2048)) {
      assertThat(huginn(card, lanes, 128).ofFloor())
          .as("%s, %d lanes", card, lanes)
          .isBetween(0.2, 0.95);
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  void moreLanesAndLongerContextsTakeLonger(Card card) {
    double before = 0;
    for (int lanes : List.of(1, 8, 9, 16, 32, 64, 128, 512, 1024)) {
      double step = huginn(card, lanes, 256).step().seconds();
      assertThat(step).as("%d lanes", lanes).isGreaterThanOrEqualTo(before);
      assertThat(huginn(card, lanes, 512).step().seconds()).isGreaterThan(step);
      before = step;
    }
  }

  @Test
  void oneLaneWaitsForMemoryAndAPromptForTheTensorCores() {
    assertThat(huginn(Card.H100, 1, 128).step().binds()).isEqualTo(Bound.DRAM);
    assertThat(huginn(Card.H100, 2048, 16).step().binds()).isEqualTo(Bound.TENSOR);
    assertThat(row("random:64x2x128,layers=1/1/1", Card.H100, 1, 16).step().binds())
        .isEqualTo(Bound.TAIL);
  }

  @Test
  void aCardWhoseMultiprocessorsHoldOneBlockPaysEveryTailTwice() {
    double two = huginn(Card.A100, 1, 16).step().parts().get(Bound.TAIL);
    double one = huginn(Card.RTX4090, 1, 16).step().parts().get(Bound.TAIL);
    assertThat(one).isGreaterThan(1.4 * two);
  }

  @Test
  void attentionIsOfGroupedHeadsWhatItsKeysAre() {
    double full = row("random:retrofit-llama-3.2-1b,kv=32", Card.H100, 64, 4096).step().seconds();
    double grouped = row("random:retrofit-llama-3.2-1b,kv=8", Card.H100, 64, 4096).step().seconds();
    assertThat(grouped).isLessThan(0.5 * full);
  }
}
