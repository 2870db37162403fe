package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import muninn.UserException;
import muninn.kernels.Format;
import muninn.kernels.cpu.CpuDevice;
import muninn.model.Fixture.Stored;
import muninn.model.forward.Parameters;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Coded checkpoints that are not as they should be are refused by one sentence that names file,
 * tensor, what was found and wanted, and the remedy; forms that others write are read.
 */
class CodedCheckpointTest {
  private static final int ROUNDS = Integer.getInteger("muninn.mutations", 400) / 4;
  private static final String FC = "transformer.core_block.0.mlp.fc.weight";
  private static final String TOGETHER = "use files of one and the same checkpoint";

  @TempDir private Path temporary;
  private Path folder;

  private void convert(String weights) {
    folder = temporary.resolve("coded");
    try (Checkpoint checkpoint = Checkpoint.open(Fixture.golden("raven-nano"))) {
      Conversion.write(checkpoint, folder, new WeightChoice(weights, ""), _ -> {});
    }
  }

  private void change(Consumer<Map<String, Stored>> change) {
    Map<String, Stored> tensors =
        new LinkedHashMap<>(Fixture.tensors(folder.resolve(Fixture.WEIGHTS)));
    change.accept(tensors);
    Fixture.saveTensors(folder, tensors);
  }

  private void change(String tensor, UnaryOperator<Stored> change) {
    change(tensors -> tensors.computeIfPresent(tensor, (_, stored) -> change.apply(stored)));
  }

  private static JsonNode json(String text) {
    return Fixture.json(text.getBytes(StandardCharsets.UTF_8));
  }

  private void load() {
    try (Checkpoint checkpoint = Checkpoint.open(folder);
        CpuDevice device = new CpuDevice(1)) {
      Parameters.load(checkpoint, device);
    }
  }

  private void refused(String... parts) {
    assertThatThrownBy(this::load)
        .isInstanceOf(UserException.class)
        .message()
        .contains(parts)
        .contains(folder.toString())
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource({"int4, _scale", "int8, _scale", "fp8, _scale", "int4, _shape", "int8, _shape"})
  void aPartThatIsMissingIsNamed(String weights, String part) {
    convert(weights);
    change(tensors -> tensors.remove(FC + part));
    refused("tensor " + FC + part + " is missing, wanted it beside the codes in " + FC, TOGETHER);
  }

  @Test
  void codesThatAreMissingAreNamed() {
    convert("int4");
    change(tensors -> tensors.remove(FC + "_packed"));
    refused("tensor " + FC + " is missing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"int4", "int8", "fp8"})
  void scalesOfAnotherShapeAreRefused(String weights) {
    convert(weights);
    change(
        FC + "_scale",
        stored ->
            new Stored(
                stored.dtype(),
                json("[3, 1]"),
                Arrays.copyOf(stored.data(), 3 * (stored.dtype().equals("F32") ? 4 : 2))));
    refused("tensor " + FC + "_scale has shape [3, 1], wanted", TOGETHER);
  }

  @ParameterizedTest
  @CsvSource({"int4, NaN", "int8, Infinity", "fp8, NaN", "fp8, -Infinity"})
  void aScaleThatIsNoNumberIsRefusedWithItsRow(String weights, float scale) {
    convert(weights);
    change(
        FC + "_scale",
        stored -> {
          ByteBuffer bytes = ByteBuffer.wrap(stored.data().clone()).order(ByteOrder.LITTLE_ENDIAN);
          if (stored.dtype().equals("F32")) {
            bytes.putFloat(0, scale);
          } else {
            bytes.putShort(0, (short) (Float.floatToRawIntBits(scale) >>> 16));
          }
          return stored.with(stored.dtype(), bytes.array());
        });
    refused("tensor " + FC + "_scale holds the scale", "in row 0, wanted finite numbers; the file");
  }

  @Test
  void aCodeThatIsNoNumberIsRefused() {
    convert("fp8");
    change(
        FC,
        stored -> {
          byte[] codes = stored.data().clone();
          codes[5] = 0x7F;
          return stored.with(stored.dtype(), codes);
        });
    refused("tensor " + FC + " holds a code that is no number, wanted numbers alone; the file");
  }

  @Test
  void zeroPointsOfAnotherTypeAreRefused() {
    convert("int4");
    change(FC + "_zero_point", stored -> stored.with("F32", stored.data()));
    refused("tensor " + FC + "_zero_point is F32 of shape", "wanted I32 of shape", TOGETHER);
  }

  @Test
  void aShapeThatIsNotThatOfTheCodesIsRefused() {
    convert("int4");
    change(
        FC + "_shape",
        stored -> {
          byte[] shape = stored.data().clone();
          shape[0]++;
          return stored.with(stored.dtype(), shape);
        });
    refused("tensor " + FC + "_shape says [", "wanted the rows of " + FC + "_packed", TOGETHER);
  }

  @Test
  void columnsInAnOrderOfTheirOwnAreRefused() {
    convert("int4");
    change(tensors -> tensors.put(FC + "_g_idx", tensors.get(FC + "_shape")));
    refused("tensor " + FC + "_g_idx puts columns in an order of their own", TOGETHER);
  }

  @Test
  void codesOfAMatrixOfAnotherShapeAreRefused() {
    convert("fp8");
    change(tensors -> tensors.put(FC, tensors.get("transformer.core_block.0.attn.proj.weight")));
    refused(FC);
  }

  @Test
  void codesWithoutAConfigThatSpeaksOfThemAreRefused() {
    convert("fp8");
    Fixture.edit(folder.resolve("config.json"), config -> config.remove("quantization_config"));
    refused("holds codes in F8_E4M3, wanted numbers, or a quantization_config in config.json");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quant_method | \"gptq\" | quantization_config.quant_method is the text",
        "quant_method | null | quantization_config.quant_method is missing",
        "format | \"marlin-24\" | quantization_config.format is the text",
        "transform_config | {\"config_groups\":{\"u\":{}}} | quantization_config.transform_config"
            + " is",
        "transform_config | 5 | quantization_config.transform_config is 5, wanted an object",
        "config_groups | 5 | quantization_config.config_groups is 5, wanted an object",
      })
  void aConfigOfAnotherKindIsRefusedByField(String field, String value, String wanted) {
    convert("int8");
    Fixture.edit(
        folder.resolve("config.json"),
        config -> ((ObjectNode) config.get("quantization_config")).set(field, json(value)));
    refused(wanted);
  }

  @ParameterizedTest
  @CsvSource({
    "num_bits, 3, 'wanted type int with 4 or 8, or type float with 8'",
    "group_size, 48, wanted a power of two from 8 on",
    "symmetric, false, 'wanted true, for zero points are read of 4 bits alone'",
    "strategy, '\"block\"', 'wanted tensor, channel or group'",
    "actorder, '\"group\"', 'wanted null, false, weight or static: columns in their order'",
    "actorder, true, 'wanted null, false, weight or static: columns in their order'",
    "group_size, 64, one that a scheme of config.json makes"
  })
  void aSchemeThatIsNotReadIsRefusedByField(String field, String value, String wanted) {
    convert("int8");
    Fixture.edit(
        folder.resolve("config.json"),
        config ->
            ((ObjectNode) config.at("/quantization_config/config_groups/group_0/weights"))
                .set(field, json(value)));
    refused(wanted);
  }

  /** What the published code fills in, other writers leave out, or write in capitals. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "int4 | {\"num_bits\":4,\"symmetric\":false,\"group_size\":32}",
        "int4 |"
            + " {\"num_bits\":4,\"type\":\"INT\",\"symmetric\":false,\"group_size\":32,\"actorder\":\"STATIC\"}",
        "int8 | {\"group_size\":128,\"strategy\":\"Group\",\"actorder\":false}",
        "fp8 | {\"type\":\"FLOAT\",\"group_size\":-1}",
        "fp8 | {\"type\":\"float\"}"
      })
  void aSchemeMayLeaveOutWhatFollows(String weights, String scheme) {
    convert(weights);
    List<float[]> whole = head();
    Fixture.edit(
        folder.resolve("config.json"),
        config -> {
          ObjectNode stated = (ObjectNode) config.get("quantization_config");
          stated.putObject("transform_config").putObject("config_groups");
          ObjectNode groups = (ObjectNode) stated.get("config_groups");
          ((ObjectNode) groups.get("group_0")).set("weights", json(scheme));
          groups.putObject("cache").putNull("weights").putObject("input_activations");
        });
    assertThat(head()).containsExactlyElementsOf(whole);
  }

  @Test
  void aConfigThatCodesOnlyTheCacheLeavesTheWeightsAsTheyAre() {
    folder = Fixture.copy("raven-nano", temporary);
    Fixture.edit(
        folder.resolve("config.json"),
        config ->
            config.set(
                "quantization_config",
                json(
                    "{\"quant_method\":\"compressed-tensors\",\"format\":\"dense\","
                        + "\"config_groups\":{},\"kv_cache_scheme\":{\"num_bits\":8}}")));
    change(
        tensors ->
            tensors.put(
                "transformer.core_block.0.attn.k_scale",
                new Stored("F32", json("[1]"), new byte[4])));
    load();
  }

  /** As older writers have them beside symmetric codes, a byte each. */
  @ParameterizedTest
  @ValueSource(strings = {"int8", "fp8"})
  void zeroPointsThatAreZeroChangeNothing(String weights) {
    convert(weights);
    List<float[]> without = head();
    change(
        tensors ->
            tensors.put(FC + "_zero_point", new Stored("I8", json("[224, 1]"), new byte[224])));
    assertThat(head()).containsExactlyElementsOf(without);
    change(
        tensors -> {
          byte[] zeros = new byte[224];
          zeros[223] = 1;
          tensors.put(FC + "_zero_point", new Stored("I8", json("[224, 1]"), zeros));
        });
    refused("tensor " + FC + "_zero_point is there, wanted no zero points");
  }

  /** FP8 checkpoints often have one scale for all of a matrix, or a list without a second rank. */
  @ParameterizedTest
  @ValueSource(strings = {"[]", "[1]", "[1, 1]", "ROWS"})
  void scalesOfAllForms(String shape) {
    convert("fp8");
    change(
        FC + "_scale",
        stored -> {
          boolean rows = shape.equals("ROWS");
          String said = rows ? "[" + stored.data().length / 4 + "]" : shape;
          return new Stored(
              "F32", json(said), rows ? stored.data() : Arrays.copyOf(stored.data(), 4));
        });
    load();
  }

  /** As int-quantized has codes: a byte each, in two's complement, and no word of their shape. */
  @Test
  void codesThatAreBytesAreThoseInWords() {
    convert("int8");
    List<float[]> packed = head();
    change(
        tensors -> {
          for (String name : List.copyOf(tensors.keySet())) {
            if (name.endsWith("_packed")) {
              Stored words = tensors.remove(name);
              byte[] codes = words.data().clone();
              for (int i = 0; i < codes.length; i++) {
                codes[i] ^= (byte) 0x80;
              }
              String shape =
                  "[" + words.shape().get(0) + ", " + 4 * words.shape().get(1).asInt() + "]";
              tensors.put(name.replace("_packed", ""), new Stored("I8", json(shape), codes));
            } else if (name.endsWith("_shape")) {
              tensors.remove(name);
            }
          }
        });
    assertThat(head()).containsExactlyElementsOf(packed);
  }

  /** Rows of a coded matrix, as a product with unit vectors has them. */
  private List<float[]> head() {
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      Layout.Weight fc = checkpoint.layout().block(Stage.CORE, 0).gateUp();
      muninn.kernels.Stored rows =
          checkpoint.stored().whole(FC, fc.rows(), fc.columns()).towards(Format.F32);
      MemorySegment data = Arena.ofAuto().allocate(4L * fc.rows() * fc.columns(), 4);
      rows.pieces().getFirst().read(0, fc.columns(), data);
      return List.of(data.toArray(ValueLayout.JAVA_FLOAT));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"int4", "int8", "fp8"})
  void aDamagedFolderLoadsOrIsRefusedByASentence(String weights) {
    convert(weights);
    for (String name : List.of(Fixture.WEIGHTS, "config.json")) {
      Path file = folder.resolve(name);
      byte[] whole = Fixture.read(file);
      for (int seed = 0; seed < ROUNDS; seed++) {
        Random random = new Random(seed);
        Fixture.write(
            file,
            name.equals(Fixture.WEIGHTS)
                ? MutationTest.tensors(whole, random)
                : MutationTest.json(whole, random));
        String what = weights + ", " + name + ", seed " + seed;
        Assertions.assertTimeout(
            Duration.ofSeconds(20),
            () -> {
              try {
                load();
              } catch (UserException e) {
                assertThat(e.getMessage())
                    .as(what)
                    .contains(folder.toString())
                    .doesNotContain("\n")
                    .hasSizeLessThan(1500);
              }
            },
            what);
      }
      Fixture.write(file, whole);
    }
  }
}
