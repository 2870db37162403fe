package muninn.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import muninn.model.Config;
import org.junit.jupiter.api.Test;

/** The formulas, worked out by hand for one small shape and held against DESIGN's for Huginn. */
class CostsTest {
  // d 8, 2 heads of 4, MLP 12, vocabulary 20, one block a stage.
  private static final Config SMALL = Config.huginn(8, 2, 12, 20, 64, 1, 1, 1, 4);
  private static final Config HUGINN = Config.huginn(5280, 55, 17920, 65536, 4096, 2, 4, 2, 32);
  private static final Costs BF16_WEIGHTS = new Costs(SMALL, 2, 4);

  @Test
  void operationsOfThreeLanesCostWhatTheyReadAndWrite() {
    Costs costs = BF16_WEIGHTS;

    // Read 3·8 floats and 8 weights, write 3·8 operands.
    assertThat(costs.norm(3)).isEqualTo(new Cost(4 * 24 + 4 * 8 + 4 * 24, 0));
    // 24×8 weights, 2·8 biases, a row of rope of 4 for each lane; x, q, k, v of 24 each.
    assertThat(costs.queryKeyValue(3))
        .isEqualTo(new Cost(2 * 192 + 4 * 16 + 4 * 12 + 4 * 96, 2 * 3 * 192));
    // Five positions for each lane: keys and values of 8; q and the result.
    assertThat(costs.attention(Span.alone(3, 5)))
        .isEqualTo(new Cost(4 * 2 * 15 * 8 + 4 * 48, 2 * 2 * 15 * 8));
    assertThat(costs.attentionOut(3)).isEqualTo(new Cost(2 * 64 + 4 * 24 + 8 * 24, 2 * 3 * 64));
    assertThat(costs.normNorm(3)).isEqualTo(new Cost(4 * 48 + 4 * 16 + 4 * 24, 0));
    assertThat(costs.swiglu(3)).isEqualTo(new Cost(2 * 192 + 4 * 24 + 4 * 36, 2 * 3 * 192));
    assertThat(costs.mlpOut(3)).isEqualTo(new Cost(2 * 96 + 4 * 36 + 8 * 24, 2 * 3 * 96));
    assertThat(costs.adapter(3)).isEqualTo(new Cost(2 * 128 + 4 * 48 + 4 * 24, 2 * 3 * 128));
    assertThat(costs.head(3)).isEqualTo(new Cost(2 * 160 + 4 * 24 + 4 * 60, 2 * 3 * 160));
    assertThat(costs.sample(3)).isEqualTo(new Cost(4 * 60, 0));
  }

  @Test
  void aStageCostsItsWeightsItsContextAndTheRowsThatOutliveIt() {
    Span span = Span.alone(3, 5);
    long block = 192 + 64 + 192 + 96;
    long lookBack = 4 * 2 * 15 * 8;
    long written = 4 * 2 * 3 * 8;
    long attending = 4 * 15 * 8;

    assertThat(BF16_WEIGHTS.coreStage(span))
        .isEqualTo(
            new Cost(
                2 * (block + 128) + lookBack + written + 3 * 4 * 24,
                2 * 3 * (block + 128) + attending));
    assertThat(BF16_WEIGHTS.preludeStage(span))
        .isEqualTo(
            new Cost(
                2 * block + 2 * 24 + lookBack + written + 2 * 4 * 24, 2 * 3 * block + attending));
    assertThat(BF16_WEIGHTS.codaStage(span))
        .isEqualTo(
            new Cost(
                2 * (block + 160) + lookBack + written + 4 * 24,
                2 * 3 * (block + 160) + attending));
  }

  @Test
  void positionsOfAPromptShareTheirKeys() {
    assertThat(Span.prompt(4)).isEqualTo(new Span(4, 1 + 2 + 3 + 4, 4));
    assertThat(BF16_WEIGHTS.attention(Span.prompt(4)))
        .isEqualTo(new Cost(4 * 2 * 4 * 8 + 4 * 2 * 32, 4 * 10 * 8));
  }

  @Test
  void theFloorIsTheLongerOfReadingAndMultiplying() {
    Cost cost = new Cost(3_000, 500);

    assertThat(cost.floorNanos(new Limits(1e9, 1e9))).isEqualTo(3_000);
    assertThat(cost.boundByMemory(new Limits(1e9, 1e9))).isTrue();
    assertThat(cost.floorNanos(new Limits(1e9, 1e8))).isEqualTo(5_000);
    assertThat(cost.boundByMemory(new Limits(1e9, 1e8))).isFalse();
  }

  @Test
  void huginnsTokenReadsAndDoesWhatTheDesignSays() {
    Costs costs = new Costs(HUGINN, 2, 2);
    Span first = Span.alone(1, 1);

    assertThat(costs.coreStage(first).bytes() / 1e9).isCloseTo(3.274, within(0.001));
    Cost token =
        costs
            .coreStage(first)
            .times(32)
            .plus(costs.preludeStage(first))
            .plus(costs.codaStage(first));
    assertThat(token.bytes() / 1e9).isCloseTo(108.64, within(0.01));
    assertThat(token.flop() / 1e9).isCloseTo(108.64, within(0.01));
    // 30.8 tokens/s at the datasheet's bandwidth of an H100.
    double nanos = costs.tokenFloorNanos(first, 32, new Limits(3.35e12, 989e12));
    assertThat(1e9 / nanos).isCloseTo(30.8, within(0.05));
  }
}
