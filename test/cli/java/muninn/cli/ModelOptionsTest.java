package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import muninn.engine.DeviceOptions;
import muninn.engine.Devices;
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

  @Test
  void autoSaysOnceWhereItRunsWhenThatIsNotTheGpuItLookedFor() {
    String err = Cli.run("generate", "--tokens", "1", "--model", Cli.nano()).err();

    String why = Devices.choose(DeviceOptions.DEFAULT).whyCpu().orElse(null);
    assertThat(err.strip())
        .isEqualTo(why == null ? "" : "muninn: on the CPU: " + OptionNames.asTyped(why));
  }

  @Test
  void whatOnlyAGpuCanDoIsRefusedOnTheCpu() {
    String[] start = {"generate", "--tokens", "1", "--model", Cli.nano(), "--device", "cpu"};
    assertThat(run(start, "--gemm", "cublaslt").err()).contains("gemm").contains("use auto");
  }

  @Test
  void keysAndValuesAreKeptAsIsAskedForUnderBothNames() {
    String[] start = {"generate", "--tokens", "1", "--model", Cli.nano(), "--device", "cpu"};
    for (String name : List.of("--kv-dtype", "--kv-cache-dtype")) {
      Cli.Result result = run(start, "--steps", "2", name, "int8", "--max-tokens", "2");
      assertThat(result.code()).as(result.err()).isZero();
    }
    assertThat(run(start, "--kv-dtype", "fp4").err())
        .contains("--kv-dtype fp4: must be auto, float32, bfloat16, fp8 or int8");
  }

  private static Cli.Result run(String[] start, String... more) {
    String[] all = Arrays.copyOf(start, start.length + more.length);
    System.arraycopy(more, 0, all, start.length, more.length);
    return Cli.run(all);
  }
}
