package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the engine calls its options is said as a user types them. */
class OptionNamesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          raise kv_memory, lower max_tokens or steps | raise --kv-memory, lower max_tokens or steps
          for at most 16 (max_steps)                 | for at most 16 (--max-steps)
          use max_lanes 12 or fewer                  | use --max-lanes 12 or fewer
          run on the CPU (device=cpu)                | run on the CPU (--device cpu)
          take gemm=cublaslt or own                  | take --gemm cublaslt or own
          gpu_memory_utilization is 2                | --gpu-memory-utilization is 2
          the device cpu, or its threads             | the device cpu, or its threads
          /tmp/max_lanes/x.json: no file             | /tmp/max_lanes/x.json: no file
          max_lanes.txt has no rope=3                | max_lanes.txt has no rope=3
          """)
  void namesOfTheEnginesOptionsBecomeFlags(String message, String typed) {
    assertThat(OptionNames.asTyped(message)).isEqualTo(typed);
  }

  @Test
  void aRefusalOfTheEnginesNamesTheFlag() {
    String[] deep = {"generate", "--device", "cpu", "--model", Cli.nano(), "--tokens", "1"};
    Cli.Result tooDeep = run(deep, "--steps", "9", "--max-steps", "4");
    assertThat(tooDeep.code()).isEqualTo(1);
    assertThat(tooDeep.err()).contains("--max-steps").doesNotContain("max_steps");
    Cli.Result result = run(deep, "--steps", "4", "--kv-memory", "1");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("--kv-memory").doesNotContain("kv_memory");
  }

  @Test
  void moreStepsThanAnyModelMayTakeAreRefusedByTheNameThatWasTyped() {
    String[] deep = {"generate", "--device", "cpu", "--model", Cli.nano(), "--tokens", "1"};
    Cli.Result result = run(deep, "--steps", "1000000");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("steps is 1000000, wanted 1 to 65536").doesNotContain("max");
  }

  @Test
  void allTokensMayBeAskedForAsOtherEnginesHaveIt() {
    String[] asked = {"generate", "--device", "cpu", "--model", Cli.nano(), "--tokens", "1"};
    String[] drawn = {"--temperature", "1", "--seed", "3", "--max-tokens", "4", "--top-k"};
    Cli.Result theirs = Cli.run(joined(asked, drawn, "-1"));
    assertThat(theirs.err()).isEmpty();
    assertThat(theirs.out()).isEqualTo(Cli.run(joined(asked, drawn, "0")).out());
  }

  @Test
  void whyThereIsNoGpuIsSaidWithTheFlagToo() {
    Cli.Result devices = Cli.run("devices");
    assertThat(devices.out()).doesNotContain("device=cpu");
    Cli.Result json = Cli.run("devices", "--json");
    assertThat(json.out()).doesNotContain("device=cpu");
  }

  private static String[] joined(String[] start, String[] more, String last) {
    return Stream.of(start, more, new String[] {last})
        .flatMap(Arrays::stream)
        .toArray(String[]::new);
  }

  private static Cli.Result run(String[] start, String... more) {
    String[] all = java.util.Arrays.copyOf(start, start.length + more.length);
    System.arraycopy(more, 0, all, start.length, more.length);
    return Cli.run(all);
  }
}
