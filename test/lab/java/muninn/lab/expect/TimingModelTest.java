package muninn.lab.expect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import muninn.kernels.Format;
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.WeightChoice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TimingModelTest {
  private static Expectation.Row row(String model, Card card, int lanes, int context) {
    try (Model opened = Model.open(model)) {
      return Expectation.of(
              opened,
              card,
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
  void huginnOnAnH100IsWhereTheHandMadeTableHasIt(int lanes, int context, double tokensPerSecond) {
    assertThat(huginn(Card.H100, lanes, context).tokensPerSecond())
        .isCloseTo(tokensPerSecond, within(0.05 * tokensPerSecond));
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
