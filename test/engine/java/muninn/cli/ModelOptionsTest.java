package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelOptionsTest {
  @TempDir Path home;

  @AfterEach
  void forget() {
    System.clearProperty("muninn.home");
  }

  @Test
  void withoutAModelAndTheBundledOneMissingBothPlacesAreNamed() {
    System.setProperty("muninn.home", home.toString());

    Cli.Result result = Cli.run("generate", "--tokens", "1");

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .contains("the bundled model is not at " + home.resolve("weights/raven-sums"))
        .contains("--model DIR")
        .hasLineCount(1);
  }

  @Test
  void withoutAModelAndWithoutTheLauncherTheWayOutIsNamed() {
    assertThat(Cli.run("generate", "--tokens", "1").err())
        .contains("started through the muninn launcher")
        .contains("--model DIR");
  }
}
