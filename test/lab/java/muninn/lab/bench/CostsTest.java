package muninn.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import muninn.kernels.Cost;
import muninn.kernels.Costs;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Op;
import muninn.kernels.PaperDevice;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.kernels.Span;
import muninn.lab.Limits;
import muninn.model.Config;
import muninn.model.Model;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;
import org.junit.jupiter.api.Test;

/** Costs worked out by hand for one small shape, and held against DESIGN's for Huginn. */
class CostsTest {
  // d 8, 2 heads of 4, MLP 12, vocabulary 20, one block a stage; bfloat16 weights.
  private static final Forward SMALL =
      forward("random:8x2x12,vocab=20,context=64,layers=1/1/1", DType.F32);

  private static Forward forward(String name, DType operands) {
    Device device = new PaperDevice(DType.BF16, operands);
    try (device;
        Model model = Model.open(name)) {
      Config config = model.config();
      return new Forward(
          model.architecture(),
          config,
          Parameters.load(model, device),
          device,
          device.kvCache(1, config.kvHeads(), config.headWidth()),
          device.sequences(1, 1, 1),
          1);
    }
  }

  private static Cost cost(Role role, Span span) {
    return Costs.of(SMALL.program(role), span);
  }

  /** The costs of the core's and the head's operations, by name. */
  private static Map<String, Cost> operations(Span span) {
    Map<String, Cost> costs = new LinkedHashMap<>();
    for (Role role : new Role[] {Role.CORE, Role.HEAD, Role.DRAW}) {
      for (Op op : SMALL.program(role).ops()) {
        costs.putIfAbsent(op.name(), Costs.of(op, span));
      }
    }
    return costs;
  }

  @Test
  void operationsOfThreeLanesCostWhatTheyReadAndWrite() {
    Map<String, Cost> costs = operations(Span.alone(3, 5));

    assertThat(costs)
        .containsExactly(
            // 16 columns for each of 8 rows; s, e and the result of 24 each
            Map.entry("adapter", new Cost(2 * 128 + 4 * 48 + 4 * 24, 2 * 3 * 128)),
            // Read 3·8 floats and 8 weights, write 3·8 operands.
            Map.entry("norm", new Cost(4 * 24 + 4 * 8 + 4 * 24, 0)),
            // 24×8 weights, 2·8 biases, a row of rope of 4 for each lane; x, q, k, v of 24 each.
            Map.entry("qkv", new Cost(2 * 192 + 4 * 16 + 4 * 12 + 4 * 96, 2 * 3 * 192)),
            // Five positions for each lane: keys and values of 8; q and the result.
            Map.entry("attention", new Cost(4 * 2 * 15 * 8 + 4 * 48, 2 * 2 * 15 * 8)),
            Map.entry("attention out", new Cost(2 * 64 + 4 * 24 + 8 * 24, 2 * 3 * 64)),
            Map.entry("norm pair", new Cost(4 * 48 + 4 * 16 + 4 * 24, 0)),
            Map.entry("gate up", new Cost(2 * 192 + 4 * 24 + 4 * 36, 2 * 3 * 192)),
            Map.entry("mlp out", new Cost(2 * 96 + 4 * 36 + 8 * 24, 2 * 3 * 96)),
            Map.entry("head", new Cost(2 * 160 + 4 * 24 + 4 * 60, 2 * 3 * 160)),
            Map.entry("draw", new Cost(4 * 60, 0)));
  }

  @Test
  void aProgramCostsItsWeightsItsContextAndTheRowsThatLanesHaveOfTheirOwn() {
    Span span = Span.alone(3, 5);
    long block = 192 + 64 + 192 + 96;
    long lookBack = 4 * 2 * 15 * 8;
    long written = 4 * 2 * 3 * 8;
    long attending = 4 * 15 * 8;

    assertThat(cost(Role.CORE, span))
        .isEqualTo(
            new Cost(
                2 * (block + 128) + lookBack + written + 3 * 4 * 24,
                2 * 3 * (block + 128) + attending));
    assertThat(cost(Role.PRELUDE, span).plus(cost(Role.START, span)))
        .isEqualTo(
            new Cost(
                2 * block + 2 * 24 + lookBack + written + 2 * 4 * 24, 2 * 3 * block + attending));
    // The coda's one block ends behind its keys and values, which are made of the latent; the head
    // does the rest of it, and writes logits.
    assertThat(cost(Role.CODA, span)).isEqualTo(new Cost(2 * 192 + written + 4 * 24, 2 * 3 * 192));
    long rest = block - 192 + 160;
    assertThat(cost(Role.HEAD, span))
        .isEqualTo(new Cost(2 * rest + lookBack + 4 * 60, 2 * 3 * rest + attending));
    assertThat(cost(Role.DRAW, span)).isEqualTo(new Cost(4 * 60, 0));
  }

  @Test
  void positionsOfAPromptShareTheirKeys() {
    assertThat(Span.prompt(4)).isEqualTo(new Span(4, 1 + 2 + 3 + 4, 4));
    assertThat(operations(Span.prompt(4)).get("attention"))
        .isEqualTo(new Cost(4 * 2 * 4 * 8 + 4 * 2 * 32, 4 * 10 * 8));
  }

  @Test
  void theFloorIsTheLongerOfReadingAndMultiplying() {
    Cost cost = new Cost(3_000, 500);

    assertThat(new Limits(1e9, 1e9).floorNanos(cost)).isEqualTo(3_000);
    assertThat(new Limits(1e9, 1e9).boundByMemory(cost)).isTrue();
    assertThat(new Limits(1e9, 1e8).floorNanos(cost)).isEqualTo(5_000);
    assertThat(new Limits(1e9, 1e8).boundByMemory(cost)).isFalse();
  }

  @Test
  void huginnsTokenReadsAndDoesWhatTheDesignSays() {
    TickCosts first = new TickCosts(forward("random:huginn-0125", DType.BF16), Span.alone(1, 1));

    Cost step = first.of(TickPart.STEP);
    assertThat(step.bytes() / 1e9).isCloseTo(3.274, within(0.001));
    Cost token = step.times(32).plus(first.of(TickPart.OPENING)).plus(first.of(TickPart.SPEAKING));
    assertThat(token.bytes() / 1e9).isCloseTo(108.64, within(0.01));
    assertThat(token.flop() / 1e9).isCloseTo(108.64, within(0.01));
    // 30.8 tokens/s at the datasheet's bandwidth of an H100.
    double nanos = first.floorNanos(32, new Limits(3.35e12, 989e12));
    assertThat(1e9 / nanos).isCloseTo(30.8, within(0.05));
    // Coda and head against a step: 2 blocks and V·d weights, to 4 blocks and 2·d².
    assertThat(first.forward().codaCost()).isCloseTo(0.694, within(0.001));
  }

  @Test
  void everyOperationOfAForwardPassHasACost() {
    for (Program program : SMALL.programs()) {
      for (Op op : program.ops()) {
        assertThat(Costs.of(op, Span.alone(2, 3)).bytes()).as(op.name()).isPositive();
      }
    }
  }
}
