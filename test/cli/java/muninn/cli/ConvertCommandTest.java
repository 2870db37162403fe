package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertCommandTest {
  @TempDir private Path temporary;

  private Cli.Result convert(String from, String to, String weights) {
    return Cli.run("convert", from, temporary.resolve(to).toString(), "--weights", weights);
  }

  @Test
  void aModelOfRandomWeightsHasNothingToConvert() {
    Cli.Result result = convert("random:64x2x128,layers=1/1/1,vocab=64", "none", "int8");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .contains(
            "random:64x2x128,layers=1/1/1,vocab=64 is in no file, for its weights are made up",
            "give the folder of a checkpoint",
            "--model random:64x2x128");
    assertThat(temporary.resolve("none")).doesNotExist();
  }

  @Test
  void codesMadeOfOtherCodesAreSaidToKeepTheirLosses() {
    String small = temporary.resolve("small").toString();
    Cli.Result once = convert(Cli.nano(), "small", "int4");
    assertThat(once.code()).isZero();
    assertThat(once.err()).hasLineCount(1).doesNotContain("lost");

    Cli.Result larger = convert(small, "larger", "int8");
    assertThat(larger.code()).isZero();
    assertThat(larger.err())
        .hasLineCount(2)
        .contains("matrices that were in int4", "keep what was lost in that", "convert the");

    assertThat(convert(small, "plain", "bfloat16").err()).contains("keep what was lost in that");
    assertThat(convert(small, "same", "int4").err()).hasLineCount(1).doesNotContain("lost");
  }
}
