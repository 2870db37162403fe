package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import muninn.UserException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {
  @TempDir private Path temporary;
  private Path file;

  @BeforeEach
  void copyConfig() {
    file = Fixture.copy(Fixture.NANO, temporary).resolve("config.json");
  }

  @Test
  void aConfigIsReadWithItsPublishedNames() {
    assertThat(Config.read(file)).isEqualTo(Config.huginn(48, 3, 112, 160, 128, 2, 4, 2, 16));
  }

  @Test
  void fieldsThatOlderUploadsLackHaveThePublishedDefaults() {
    Config whole = Config.read(file);
    edit(
        c ->
            c.remove(
                List.of(
                    "num_key_value_heads",
                    "num_attention_heads",
                    "rope_base",
                    "head_dim",
                    "norm_eps",
                    "padded_vocab_size",
                    "tie_embeddings")));
    assertThat(Config.read(file)).isEqualTo(whole);
  }

  @Test
  void theVocabularyIsPaddedAsStatedOrToTheStatedMultiple() {
    edit(c -> c.put("vocab_size", 150));
    assertThat(Config.read(file).vocabulary()).isEqualTo(160);
    edit(c -> c.put("padding_multiple", 64).remove("padded_vocab_size"));
    assertThat(Config.read(file).vocabulary()).isEqualTo(192);
  }

  @Test
  void anUnknownModelTypeIsRefusedNamingTheKnownOnes() {
    edit(c -> c.put("model_type", "llama"));
    refused("model_type", "\"llama\"", "huginn_raven, nanbeige, ouro", "use a checkpoint");
  }

  @Test
  void aWidthThatTheHeadsDoNotDivideIsRefused() {
    edit(c -> c.put("n_embd", 50));
    refused("n_embd is 50", "multiple of n_heads", "3", "correct");
  }

  @Test
  void headsOfOddWidthAreRefused() {
    edit(c -> c.put("n_embd", 51).remove("head_dim"));
    refused("n_embd 51", "17", "even width", "correct");
  }

  @Test
  void aVocabularyLargerThanTheEmbeddingIsRefused() {
    edit(c -> c.put("vocab_size", 161));
    refused("vocab_size is 161", "at most padded_vocab_size", "160", "correct");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "n_embd",
        "n_heads",
        "intermediate_size",
        "vocab_size",
        "block_size",
        "n_layers_in_recurrent_block"
      })
  void aCountThatIsMissingOrNoCountIsRefused(String field) {
    edit(c -> c.remove(field));
    refused(field + " is missing", "a whole number from 1", "download");
    for (String value :
        List.of(
            "0",
            "-1",
            "2.5",
            "true",
            "\"48\"",
            "[48]",
            "{}",
            "1e3",
            "99999999999999999999",
            "2147483647",
            "NaN",
            "1e999999")) {
      write(field, value);
      refused("field " + field + " is", "a whole number from 1", "correct the field");
    }
    write(field, "null");
    refused(field + " is missing", "download");
  }

  @ParameterizedTest
  @ValueSource(strings = {"n_layers_in_prelude", "n_layers_in_coda"})
  void aModelMayHaveNoPreludeAndNoCodaButMustSaySo(String field) {
    edit(c -> c.put(field, 0));
    Config.read(file);
    edit(c -> c.put(field, -1));
    refused("field " + field + " is -1", "a whole number from 0");
    edit(c -> c.remove(field));
    refused(field + " is missing", "download");
  }

  @ParameterizedTest
  @ValueSource(strings = {"norm_eps", "rope_base"})
  void aScaleThatIsNoPositiveNumberIsRefused(String field) {
    for (String value : List.of("0", "-1", "NaN", "Infinity", "\"x\"", "1e-60", "1e60", "[]")) {
      write(field, value);
      refused("field " + field + " is", "a number above 0", "correct the field");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nonlin_name, '\"GELU\"', SiLU",
    "norm_class_name, '\"LayerNorm\"', RMSNorm_llama",
    "mlp_class_name, '\"BaseMLP\"', GatedMLP",
    "block_class_name, '\"TransformerPreNormBlock\"', SandwichBlock",
    "injection_type, '\"add\"', linear",
    "state_init, '\"zero\"', like-init",
    "init_strategy, '\"scaled\"', takase",
    "architecture_class_name, '\"GPT\"', RecurrentGPT",
    "bias, true, false",
    "tie_embeddings, false, true",
    "num_key_value_heads, 1, 3",
    "num_attention_heads, 4, 3",
    "head_dim, 32, 16",
    "hidden_size, 64, 48",
    "test_time_noise, 0.5, 0",
    "qk_bias, '\"true\"', true",
    "tie_word_embeddings, false, true",
    "initial_state_mode, '\"embed-init\"', random",
    "rms_norm_eps, 1e-5, 1.0E-6",
    "attention_bias, true, false",
    "mlp_bias, true, false",
    "qk_layernorm, true, false",
    "hidden_act, '\"gelu\"', 'one of SiLU, silu, swish'",
    "activation_function, '\"relu\"', 'one of SiLU, silu, swish'",
    "partial_rotary_factor, 0.5, 1",
    "logits_scaling, 8, 1",
    "use_sliding_window, true, false",
    "sliding_window, 4096, no such field",
    "layer_types, '[\"full_attention\", \"sliding_attention\"]', a list of full_attention",
    "final_logit_softcapping, 30.0, no such field",
    "torch_dtype, '\"float8_e4m3fn\"', 'one of bfloat16, float16, float32'",
    "dtype, '\"int8\"', 'one of bfloat16, float16, float32'"
  })
  void aFeatureThatIsNotImplementedIsRefusedByName(String field, String value, String wanted) {
    write(field, value);
    refused("field " + field + " is", "wanted " + wanted, "use a checkpoint");
  }

  @Test
  void fieldsThatChangeNothingArePassedOver() {
    Config plain = Config.read(file);
    for (String[] neutral :
        new String[][] {
          {"rope_theta", "50000.0"},
          {"rope_scaling", "null"},
          {"rope_scaling", "{\"rope_type\": \"default\"}"},
          {"rope_parameters", "{\"rope_type\": \"default\", \"rope_theta\": 50000}"},
          {"quantization_config", "null"},
          {"hidden_act", "\"silu\""},
          {"tie_word_embeddings", "true"},
          {"attention_bias", "false"},
          {"dtype", "\"bfloat16\""},
          {"layer_types", "[\"full_attention\"]"},
          {"attention_dropout", "0.1"}
        }) {
      write(neutral[0], neutral[1]);
      assertThat(Config.read(file)).as("%s", (Object) neutral).isEqualTo(plain);
    }
    edit(c -> c.put("use_sliding_window", false).put("sliding_window", 4096));
    assertThat(Config.read(file)).isEqualTo(plain);
  }

  @Test
  void theBaseOfRotaryAnglesIsReadWhereverItIsStated() {
    edit(c -> c.remove("rope_base"));
    edit(c -> c.put("rope_theta", 10000.0));
    assertThat(Config.read(file).rope()).isEqualTo(Rope.of(10_000));
    edit(c -> c.remove("rope_theta"));
    edit(c -> c.putObject("rope_parameters").put("rope_theta", 20000).put("rope_type", "default"));
    assertThat(Config.read(file).rope()).isEqualTo(Rope.of(20_000));
    edit(c -> c.put("rope_base", 20000));
    assertThat(Config.read(file).rope()).isEqualTo(Rope.of(20_000));
  }

  @Test
  void basesOfRotaryAnglesThatContradictEachOtherAreRefusedByName() {
    edit(c -> c.put("rope_theta", 10000.0));
    refused("rope_base is 50000.0", "rope_theta is 10000.0", "correct one");
    edit(c -> c.remove("rope_theta"));
    edit(c -> c.putObject("rope_parameters").put("rope_theta", 20000));
    refused("rope_base is 50000.0", "rope_parameters.rope_theta is 20000.0", "correct one");
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"type\": \"linear\", \"factor\": 2.0}', 'type is the text \"linear\", wanted default'",
    "'{\"rope_type\": \"yarn\"}', 'rope_type is the text \"yarn\", wanted default'",
    "'{\"rope_type\": \"default\", \"type\": \"yarn\"}', the same as rope_type",
    "'{\"rope_type\": \"default\", \"factor\": 8}', 'factor is 8, wanted 1'",
    "'{\"rope_type\": \"default\", \"short_factor\": [1]}', short_factor is a list",
    "'{\"partial_rotary_factor\": 0.5}', 'partial_rotary_factor is 0.5, wanted 1'",
    "'[1]', wanted an object",
    "7, wanted an object"
  })
  void otherRotaryAnglesAreRefusedByName(String value, String message) {
    for (String field : List.of("rope_scaling", "rope_parameters")) {
      write(field, value);
      refused("field " + field, message);
    }
  }

  @Test
  void theScalesOfEmbeddingAndFirstStateAreThoseStated() {
    edit(c -> c.putObject("init_values").put("embed_scale", 3.5).put("std", 0.25));
    Config config = Config.read(file);
    assertThat(config.embeddingScale()).isEqualTo(3.5f);
    assertThat(config.stateDeviation()).isEqualTo(0.25f);
    edit(c -> c.putObject("init_values").put("std", -1));
    refused("field init_values.std is -1", "a number above 0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[1]",
        "null",
        "nonsense",
        "{\"model_type\": \"huginn_raven\"} trailing",
        "{\"n_embd\": 1, \"n_embd\": 2}",
        "{\"n_embd\": 0x10}",
        "{'n_embd': 1}"
      })
  void textThatIsNoJsonObjectIsRefused(String text) {
    Fixture.write(file, text);
    refused("JSON", "download");
  }

  @Test
  void nestingAndNumbersWithoutEndAreRefused() {
    Fixture.write(file, "{\"a\":" + "[".repeat(100_000));
    refused("nest", "download");
    Fixture.write(file, "{\"a\":" + "9".repeat(100_000) + "}");
    refused("Number value length", "download");
    Fixture.write(file, "{\"a\":\"" + "a".repeat(5 << 20) + "\"}");
    refused("bytes", "at most", "download");
  }

  @Test
  void bytesThatAreNoTextAreRefused() {
    Fixture.write(file, new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'});
    refused("UTF-8", "download");
  }

  @Test
  void aMessageShowsNoControlCharactersOfTheFile() {
    edit(c -> c.put("model_type", "\u001b[31m\u009bred\u202e" + "x".repeat(1000)));
    assertThatThrownBy(() -> Config.read(file))
        .isInstanceOf(UserException.class)
        .message()
        .hasSizeLessThan(600)
        .doesNotContain("\u001b", "\u009b", "\u202e");
  }

  private void edit(Consumer<ObjectNode> change) {
    Fixture.edit(file, change);
  }

  /** Sets a field to text that need not be JSON. */
  private void write(String field, String value) {
    Fixture.write(file, Fixture.read(Fixture.golden(Fixture.NANO).resolve("config.json")));
    edit(c -> c.put(field, "@@"));
    String text = new String(Fixture.read(file), StandardCharsets.UTF_8);
    Fixture.write(file, text.replace("\"@@\"", value));
  }

  private void refused(String... parts) {
    assertThatThrownBy(() -> Config.read(file))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContainingAll(parts)
        .message()
        .doesNotContain("\n");
  }
}
