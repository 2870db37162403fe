package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelCardTest {
  private static final Config HUGINN = Config.huginn(5280, 55, 17920, 65536, 4096, 2, 4, 2, 32);

  @Test
  void huginnsWeightsAreThoseOfThePaper() {
    Map<Stage, Long> weights = ModelCard.weights(new Layout(Huginn.ARCHITECTURE, HUGINN));
    long block = 395_398_080;
    assertThat(weights)
        .containsEntry(Stage.EMBEDDING, 65536L * 5280)
        .containsEntry(Stage.PRELUDE, 2 * block)
        .containsEntry(Stage.ADAPTER, 2L * 5280 * 5280)
        .containsEntry(Stage.CORE, 4 * block)
        .containsEntry(Stage.CODA, 2 * block)
        .containsEntry(Stage.FINAL_NORM, 5280L);
    assertThat(weights.values().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(3_564_976_800L);
  }

  @Test
  void huginnsCacheTakesWhatSharingLeaves() {
    assertThat(KvSharing.FULL.bytesPerToken(HUGINN, 32, Format.BF16)).isEqualTo(2_787_840);
    assertThat(KvSharing.parse("mod:4").bytesPerToken(HUGINN, 32, Format.BF16)).isEqualTo(422_400);
    assertThat(KvSharing.parse("mod:1").bytesPerToken(HUGINN, 32, Format.BF16)).isEqualTo(168_960);
    // a byte an element, and 4 for each of 55 heads of keys, and of values
    assertThat(KvSharing.FULL.bytesPerToken(HUGINN, 32, KvCache.INT8))
        .isEqualTo(132 * 2 * (5280 + 55 * 4));
    assertThat(KvSharing.parse("mod:64")).hasToString("mod:64");
    assertThat(KvSharing.parse("mod:64").slots(HUGINN, 32))
        .isEqualTo(KvSharing.parse("full").slots(HUGINN, 32))
        .isEqualTo(2 + 32 * 4 + 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "mod", "mod:", "mod:0", "mod:-1", "mod:x", "Full", "mod:99999999999"})
  void aSharingThatIsNoneIsRefused(String text) {
    assertThatThrownBy(() -> KvSharing.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("'" + text + "'", "wanted full, mod");
  }

  @Test
  void aCheckpointIsCountedByStageAsStored() {
    try (Checkpoint checkpoint = Checkpoint.open(Fixture.golden(Fixture.SHARDED))) {
      ModelCard card = ModelCard.of(checkpoint);
      long copies = 96 * 80 * 2 + 96 * 8 * 2 * 4; // lm_head in bfloat16, freqs_cis in float32
      assertThat(card.bytes()).isEqualTo(670_624 - copies); // the index states the total
      assertThat(card.weights()).isEqualTo(card.bytes() / 2);
      assertThat(card.copyBytes()).isEqualTo(copies);
      assertThat(card.dtypes()).containsExactly(Map.entry("BF16", 4 * 9 + 3));
      assertThat(card.files()).hasSize(3);
    }
  }
}
