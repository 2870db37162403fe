package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import muninn.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RandomModelTest {
  private static final Config HUGINN = Config.huginn(5280, 55, 17920, 65536, 4096, 2, 4, 2, 32);

  @Test
  void thePublishedShapeHasAName() {
    Model model = Model.open("random:huginn-0125");

    assertThat(model.config()).isEqualTo(HUGINN);
    assertThat(model.card().weights()).isEqualTo(3_564_976_800L);
    assertThat(model.name()).isEqualTo("random:huginn-0125");
    assertThat(model.directory()).isEmpty();
    assertThat(model.tokenizer()).isEmpty();
    assertThat(model.stopTokens()).isEmpty();
  }

  @Test
  void aShapeIsSaidInPartsAndTheRestIsAsPublished() {
    Config all =
        RandomModel.of(
                "random:d=1024,heads=8,ffn=3456,vocab=8192,context=512,layers=1/3/2,steps=8,seed=7")
            .config();

    assertThat(all).isEqualTo(Config.huginn(1024, 8, 3456, 8192, 512, 1, 3, 2, 8));
    assertThat(RandomModel.of("random:1024x8x3456").config())
        .isEqualTo(RandomModel.of("random:ffn=3456, heads=8, d=1024").config())
        .isEqualTo(Config.huginn(1024, 8, 3456, 65536, 4096, 2, 4, 2, 32));
    assertThat(RandomModel.of("random:huginn-0125,steps=4").config().meanRecurrence()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "random:                       | names no shape: write random:huginn-0125",
        "random:huginn                 | 'huginn' is no part of a shape, wanted one of d=…,"
            + " heads=…",
        "random:width=8                | 'width=8' is no part of a shape",
        "random:64x4                   | '64x4' is no part of a shape",
        "random:64x4x96,               | '' is no part of a shape",
        "random:d=64,d=32              | says d twice",
        "random:64x4x96,heads=2        | says heads twice",
        "random:64x4x0                 | ffn is '0', wanted a whole number from 1 to 8388608",
        "random:64x4x96,vocab=many     | vocab is 'many', wanted a whole number from 1",
        "random:64x4x99999999999       | ffn is '99999999999', wanted a whole number",
        "random:d=1024                 | width 1024 over 55 heads, wanted heads of an even width"
            + " (d a multiple of 110)",
        "random:66x22x96               | width 66 over 22 heads",
        "random:64x4x96,layers=2/4     | layers is '2/4', wanted the blocks of prelude, core and"
            + " coda, like 2/4/2",
        "random:64x4x96,layers=2/x/2   | layers is 'x', wanted a whole number from 1 to 1024",
        "random:64x4x96,layers=-1/1/0  | layers is '-1', wanted a whole number from 0 to 1024",
        "random:64x4x96,layers=0/0/0   | layers is '0', wanted a whole number from 1 to 1024",
        "random:64x4x96,seed=1.5       | seed is '1.5', wanted a whole number",
      })
  void whatIsNoShapeIsRefusedWithWhatIsWrong(String name, String message) {
    assertThatThrownBy(() -> Model.open(name))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(name)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Random:64x4x96", "weights/nowhere"})
  void whatIsNotRandomIsAFolder(String name) {
    assertThatThrownBy(() -> Model.open(name))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(name + ": no such folder");
  }
}
