package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.model.Checkpoint;
import muninn.model.Conversion;
import muninn.model.Fixture;
import muninn.model.WeightChoice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is converted answers as the original does that is coded while it is loaded, to the bit. */
class ConversionTest {
  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6};

  static final List<WeightChoice> CHOICES =
      List.of(
          new WeightChoice("int8", ""),
          new WeightChoice("int4", ""),
          new WeightChoice("fp8", ""),
          new WeightChoice("bfloat16", ""),
          new WeightChoice("int4", "bf16:adapter"), // as all of int4 used to be
          new WeightChoice("int4-g64", "int8:adapter,core.0;fp8:coda"),
          new WeightChoice("auto", "int4:core"));

  @TempDir private Path temporary;

  static Stream<Arguments> conversions() {
    return FamilyGoldenTest.ALL.stream()
        .limit(4)
        .flatMap(name -> Stream.of(CHOICES.get(0), CHOICES.get(1)).map(c -> Arguments.of(name, c)));
  }

  static Stream<Arguments> choices() {
    return CHOICES.stream().map(choice -> Arguments.of("raven-nano", choice));
  }

  @ParameterizedTest
  @MethodSource({"choices", "conversions"})
  void itAnswersAsTheOriginalThatIsCodedWhileItIsLoaded(String name, WeightChoice choice) {
    Path from = Fixture.golden(name);
    Path to = temporary.resolve("converted");
    try (Checkpoint checkpoint = Checkpoint.open(from)) {
      Conversion.write(checkpoint, to, choice, _ -> {});
    }
    assertThat(logits(to, WeightChoice.AUTO)).containsExactlyElementsOf(logits(from, choice));
  }

  @Test
  void itSaysHowItIsCodedWhereOthersLookForIt() {
    Path to = temporary.resolve("converted");
    try (Checkpoint checkpoint = Checkpoint.open(Fixture.golden("raven-nano"))) {
      Conversion.write(checkpoint, to, new WeightChoice("int4", "fp8:coda"), _ -> {});
    }
    JsonNode stated = Fixture.json(to.resolve("config.json")).get("quantization_config");
    assertThat(stated.get("quant_method").asText()).isEqualTo("compressed-tensors");
    assertThat(stated.get("format").asText()).isEqualTo("mixed-precision");
    JsonNode weights = stated.at("/config_groups/group_0/weights");
    assertThat(weights.get("num_bits").asInt()).isEqualTo(4);
    assertThat(weights.get("group_size").asInt()).isEqualTo(32);
    assertThat(weights.get("symmetric").asBoolean()).isFalse();
    assertThat(stated.at("/config_groups/group_1/weights/type").asText()).isEqualTo("float");
    assertThat(stated.at("/config_groups/group_0/targets").toString())
        .contains("transformer.adapter", "transformer.core_block.0.mlp.fc");
    assertThat(stated.get("ignore").toString()).isEqualTo("[\"transformer.wte\"]");
    assertThat(Files.exists(to.resolve("model.safetensors"))).isTrue();
    assertThat(temporary.resolve(".converted.partial")).doesNotExist();
  }

  @Test
  void aConversionOfAConversionKeepsWhatIsCodedAndCodesTheRest() {
    Path first = temporary.resolve("first");
    Path second = temporary.resolve("second");
    WeightChoice core = new WeightChoice("auto", "int4:core");
    WeightChoice coda = new WeightChoice("auto", "int8:coda");
    try (Checkpoint checkpoint = Checkpoint.open(Fixture.golden("raven-nano"))) {
      Conversion.write(checkpoint, first, core, _ -> {});
    }
    try (Checkpoint checkpoint = Checkpoint.open(first)) {
      Conversion.write(checkpoint, second, coda, _ -> {});
    }
    WeightChoice both = new WeightChoice("auto", "int4:core;int8:coda");
    assertThat(logits(second, WeightChoice.AUTO))
        .containsExactlyElementsOf(logits(Fixture.golden("raven-nano"), both));
  }

  @Test
  void nothingThatIsThereIsOverwrittenAndAKilledConversionIsNoModel() {
    Path to = temporary.resolve("converted");
    try (Checkpoint checkpoint = Checkpoint.open(Fixture.golden("raven-nano"))) {
      WeightChoice choice = new WeightChoice("int8", "");
      assertThatThrownBy(
              () ->
                  Conversion.write(
                      checkpoint,
                      to,
                      choice,
                      _ -> {
                        throw new IllegalStateException("killed");
                      }))
          .isInstanceOf(IllegalStateException.class);
      assertThat(to).doesNotExist();
      Path partial = temporary.resolve(".converted.partial");
      assertThatThrownBy(() -> Checkpoint.open(partial).close()).isInstanceOf(UserException.class);
      Conversion.write(checkpoint, to, choice, _ -> {});
      assertThat(partial).doesNotExist();
      assertThatThrownBy(() -> Conversion.write(checkpoint, to, choice, _ -> {}))
          .isInstanceOf(UserException.class)
          .hasMessage(
              to
                  + ": is there already, wanted a folder that is not there or is empty; remove it,"
                  + " or name another one");
    }
  }

  private static List<float[]> logits(Path folder, WeightChoice choice) {
    EngineOptions options =
        new EngineOptions(DeviceOptions.cpu(2), 64, 4, 8, 64L << 20).withWeights(choice);
    try (Engine engine = Engine.open(folder, options)) {
      return engine.inspect(PROMPT, 4, 0, 0).logits();
    }
  }
}
