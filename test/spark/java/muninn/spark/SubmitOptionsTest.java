package muninn.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import muninn.UserException;
import muninn.engine.request.Options;
import muninn.model.WeightChoice;
import org.apache.spark.resource.ResourceInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubmitOptionsTest {

  @Test
  void optionsOfTheEngineAndOfRequestsAreSpelledAsInTheCommand() {
    BatchOptions batch =
        new SubmitOptions(
                "in",
                "out",
                "--model",
                "random:64x2x128",
                "--max-lanes=8",
                "--dtype",
                "float32",
                "--kv-dtype=int8",
                "--weights=int4",
                "--keep",
                "bf16:core.0",
                "--top-k",
                "3",
                "--ignore-eos",
                "--stop",
                "a",
                "--stop=b=c")
            .batch();

    assertThat(batch.engine().maxLanes()).isEqualTo(8);
    assertThat(batch.engine().device().dtype()).isEqualTo("float32");
    assertThat(batch.engine().device().kvDtype()).isEqualTo("int8");
    assertThat(batch.engine().weights()).isEqualTo(new WeightChoice("int4", "bf16:core.0"));
    Options options = batch.over(Options.DEFAULT);
    assertThat(options.sampling().topK()).isEqualTo(3);
    assertThat(options.ignoreEos()).isTrue();
    assertThat(options.stop()).isEqualTo(List.of("a", "b=c"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "in out --colour red | option --colour is not known",
        "in --model m | wanted INPUT and OUTPUT, found 1 names",
        "in out | no model is named",
        "in out --model m --max-lanes few | --max-lanes is 'few', wanted a whole number",
        "in out --model m --steps -3 | steps is '-3', wanted",
        "in out --model m --model n | --model is given twice",
        "in out --model | --model needs a value",
        "in out --model m --weights int5 | weights is 'int5', which is no format of weights",
        "in out --model m --device tpu | device 'tpu' is not known",
      })
  void whatMeansNothingIsRefusedByName(String typed, String message) {
    assertThatThrownBy(() -> new SubmitOptions(typed.strip().split(" ", -1)).batch())
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @CsvSource({
    "auto,cuda:3",
    "cuda,cuda:3",
    "emulated,emulated:3",
    "cpu,cpu",
  })
  void aTaskComputesOnTheGpuItWasGiven(String wanted, String device) {
    assertThat(TaskDevice.of(wanted, given("3"))).isEqualTo(device);
    assertThat(TaskDevice.of(wanted, Map.of())).isEqualTo(wanted);
  }

  @Test
  void aTaskWithSeveralGpusUsesAll() {
    assertThat(TaskDevice.of("cuda", given("2", "0"))).isEqualTo("cuda:2,0");
  }

  @Test
  void aGpuThatHasNoNumberAndOneThatSomebodyElseNamedAreRefused() {
    assertThatThrownBy(() -> TaskDevice.of("auto", given("GPU-1a2b")))
        .hasMessageContaining("'GPU-1a2b', wanted its number");
    assertThatThrownBy(() -> TaskDevice.of("cuda:1", given("0")))
        .hasMessageContaining("leave the number out");
  }

  private static Map<String, ResourceInformation> given(String... addresses) {
    return Map.of("gpu", new ResourceInformation("gpu", addresses));
  }
}
