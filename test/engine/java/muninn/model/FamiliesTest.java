package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import muninn.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What kind of model a folder holds, and how large it is, by its config and its tensors. */
class FamiliesTest {
  private static final Architecture.FinalNorm OURO_NORM =
      new Architecture.FinalNorm("model.norm.weight", true, false, false);

  private static final List<String> RETROFITS =
      List.of("retrofit-llama3-nano", "retrofit-tinyllama-nano", "retrofit-olmo2-nano");

  @TempDir private Path temporary;
  private int copies;

  @ParameterizedTest
  @CsvSource({
    "raven-nano, Huginn",
    "retrofit-llama3-nano, retrofitted Llama",
    "retrofit-tinyllama-nano, retrofitted Llama",
    "retrofit-olmo2-nano, retrofitted OLMo 2",
    "ouro-nano, Ouro",
    "nanbeige-nano, Nanbeige",
    "nanbeige-skipnorm-nano, Nanbeige"
  })
  void aFolderIsKnownByItsConfigAndTensors(String folder, String family) {
    try (Checkpoint checkpoint = Checkpoint.open(Fixture.golden(folder))) {
      assertThat(checkpoint.architecture().family()).isEqualTo(family);
      long stored = checkpoint.tensors().stream().mapToLong(Tensor::bytes).sum();
      assertThat(checkpoint.card().bytes() + checkpoint.card().copyBytes()).isEqualTo(stored);
    }
  }

  @Test
  void aRetrofitsNumbersAreThoseThatItsCodeReads() {
    Config llama = config("retrofit-llama3-nano");
    assertThat(llama.kvHeads()).isEqualTo(2);
    assertThat(llama.blockSize()).isEqualTo(131072);
    assertThat(llama.embeddingScale()).isEqualTo(1);
    assertThat(llama.stateDeviation()).isEqualTo(0.008703882797784892f);
    assertThat(llama.rope()).isEqualTo(new Rope(500_000, new Rope.Scaling(32, 1, 4, 8192)));
    Config tiny = config("retrofit-tinyllama-nano");
    assertThat(tiny.rope()).isEqualTo(Rope.of(10_000)); // rope_base says 500000
    assertThat(tiny.blockSize()).isEqualTo(2048); // block_size says 4096
    assertThat(tiny.normEps()).isEqualTo(1e-5f);
  }

  @Test
  void aLoopedModelIsAllCore() {
    Config ouro = config("ouro-nano");
    assertThat(List.of(ouro.prelude(), ouro.core(), ouro.coda())).containsExactly(0, 3, 0);
    assertThat(ouro.meanRecurrence()).isEqualTo(4);
    Config nanbeige = config("nanbeige-nano");
    assertThat(nanbeige.queryWidth()).isEqualTo(96);
    assertThat(nanbeige.width()).isEqualTo(48);
    assertThat(nanbeige.meanRecurrence()).isEqualTo(2);
  }

  @Test
  void whereNanbeigesNormStandsItsConfigSays() {
    assertThat(architecture("nanbeige-nano", c -> {}).norm()).isEqualTo(OURO_NORM);
    assertThat(architecture("nanbeige-skipnorm-nano", c -> {}).norm())
        .isEqualTo(new Architecture.FinalNorm("model.norm.weight", false, false, true));
  }

  @Test
  void aRetrofitIsNormedOnceOutsideItsBlocks() {
    for (String golden : RETROFITS) {
      assertThat(architecture(golden, c -> {}).norm())
          .isEqualTo(new Architecture.FinalNorm("transformer.ln_f.weight", false, false, true));
    }
  }

  /** Also where the widths of a head would fit as well. */
  @Test
  void olmosQueriesAndKeysAreNormedOverAllHeads() {
    try (Checkpoint olmo = Checkpoint.open(Fixture.golden("retrofit-olmo2-nano"))) {
      Layout.Block block = olmo.layout().block(Stage.CORE, 0);
      assertThat(block.queryNorm().columns()).isEqualTo(olmo.config().queryWidth());
      assertThat(block.keyNorm().columns()).isEqualTo(olmo.config().kvWidth());
    }
  }

  @Test
  void whatARetrofitsConfigStatesOfStatesIsTakenAsItStands() {
    Path file =
        copy(
            "retrofit-llama3-nano",
            c -> c.putObject("init_values").put("std", 0.5).put("embed_scale", 2));
    assertThat(Config.read(file).stateDeviation()).isEqualTo(0.5f);
    assertThat(Config.read(file).embeddingScale()).isEqualTo(2);
  }

  @Test
  void leftOversOfHuginnDoNotCountInARetrofit() {
    for (String golden : RETROFITS) {
      Path file = copy(golden, c -> c.put("rope_base", 77).put("block_size", 33));
      assertThat(Config.read(file).rope()).isEqualTo(config(golden).rope());
      assertThat(Config.read(file).blockSize()).isEqualTo(config(golden).blockSize());
    }
  }

  @Test
  void whereALoopsAnglesStartIsInItsConfig() {
    Path file = copy("nanbeige-nano", c -> c.put("rope_theta", 1e7));
    assertThat(Config.read(file).rope()).isEqualTo(Rope.of(1e7f));
    assertThat(config("nanbeige-nano").rope()).isEqualTo(Rope.of(7e7f));
    assertThat(config("ouro-nano").rope()).isEqualTo(Rope.of(1e6f));
  }

  @Test
  void weightsOfTheLoopsLossesCountTheLoops() {
    Path file = copy("nanbeige-nano", c -> c.putArray("loop_loss_weights").add(0.2).add(0.3));
    assertThat(Config.read(file).meanRecurrence()).isEqualTo(3);
  }

  @Test
  void anExitStepIsHowFarOuroThinks() {
    Path file = copy("ouro-nano", c -> c.put("early_exit_step", 1));
    assertThat(Config.read(file).meanRecurrence()).isEqualTo(2);
  }

  @Test
  void retrofittedOlmoMayBeginWithTheEmbedding() {
    assertThat(architecture("retrofit-olmo2-nano", c -> {}).start())
        .isEqualTo(Architecture.Start.NORMAL);
    assertThat(
            architecture("retrofit-olmo2-nano", c -> c.put("initial_state_mode", "embed-init"))
                .start())
        .isEqualTo(Architecture.Start.EMBEDDING);
    assertThat(
            architecture("retrofit-llama3-nano", c -> c.put("initial_state_mode", "embed-init"))
                .start())
        .as("which the code of retrofitted Llama does not read")
        .isEqualTo(Architecture.Start.NORMAL);
  }

  @Test
  void aLeftOverFieldAboutTheHeadDoesNotCountBesideTheOneThatDoes() {
    assertThat(
            architecture("retrofit-llama3-nano", c -> c.put("tie_word_embeddings", true))
                .tiedHead())
        .isFalse();
  }

  @Test
  void aTiedHeadNeedsNoTensorAndAnOwnOneDoes() {
    Path folder = copy("ouro-nano", c -> c.put("tie_word_embeddings", true)).getParent();
    assertThatThrownBy(() -> Checkpoint.open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("lm_head.weight differs from model.embed_tokens.weight");
    Map<String, Fixture.Stored> tensors = Fixture.tensors(folder.resolve(Fixture.WEIGHTS));
    tensors.remove("lm_head.weight");
    Fixture.saveTensors(folder, tensors);
    Checkpoint.open(folder).close();
    Fixture.edit(folder.resolve("config.json"), c -> c.put("tie_word_embeddings", false));
    assertThatThrownBy(() -> Checkpoint.open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("tensor lm_head.weight is missing");
  }

  @ParameterizedTest
  @CsvSource({
    "retrofit-olmo2-nano, initial_state_mode, '\"zero\"', 'one of embed-init, random,"
        + " skip-adapter'",
    "retrofit-llama3-nano, rope_theta, null, rope_theta is missing",
    "retrofit-llama3-nano, num_key_value_heads, 3, a divisor of n_heads",
    "retrofit-llama3-nano, head_dim, 15, an even width",
    "retrofit-llama3-nano, rope_scaling, '{\"rope_type\": \"yarn\", \"factor\": 4}', default or"
        + " llama3",
    "retrofit-llama3-nano, rope_scaling, '{\"rope_type\": \"llama3\", \"factor\": 4}',"
        + " rope_scaling.low_freq_factor is missing",
    "ouro-nano, early_exit_threshold, 0.5, exit gate",
    "ouro-nano, early_exit_step, 4, a whole number from 0 to 3",
    "ouro-nano, hidden_act, '\"gelu\"', silu",
    "ouro-nano, use_sliding_window, true, all positions",
    "ouro-nano, head_dim, null, ''",
    "nanbeige-nano, kv_channels, 8, the same as head_dim",
    "nanbeige-nano, enable_mhc, true, the plain loop",
    "nanbeige-nano, emb_neighbor_num, 3, no such field",
    "nanbeige-nano, num_attention_heads, 5, a divisor of num_attention_heads",
    "nanbeige-nano, num_key_value_heads, 3, 'wanted [48, 48]'"
  })
  void whatDoesNotFitIsRefusedByName(String golden, String field, String value, String message) {
    Path file =
        copy(golden, c -> c.set(field, Fixture.json(value.getBytes(StandardCharsets.UTF_8))));
    if (message.isEmpty()) {
      Checkpoint.open(file.getParent()).close();
      return;
    }
    assertThatThrownBy(() -> Checkpoint.open(file.getParent()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({
    "random:ouro-1.4b, 1434652673",
    "random:ouro-2.6b, 2667974657",
    "random:nanbeige-4.2-3b, 4169800704",
    "random:retrofit-llama-3.2-1b, 1385228288",
    "random:retrofit-tinyllama, 844171264",
    "random:retrofit-olmo2-1b, 1359071232",
    "random:huginn-0125, 3564976800"
  })
  void publishedShapesHaveNames(String name, long weights) {
    assertThat(Model.open(name).card().weights()).isEqualTo(weights);
  }

  private static Config config(String golden) {
    return Config.read(Fixture.golden(golden).resolve("config.json"));
  }

  private Architecture architecture(String golden, Consumer<ObjectNode> change) {
    try (Checkpoint checkpoint = Checkpoint.open(copy(golden, change).getParent())) {
      return checkpoint.architecture();
    }
  }

  /** The config of an edited copy. */
  private Path copy(String golden, Consumer<ObjectNode> change) {
    Path file = Fixture.copy(golden, temporary.resolve("" + copies++)).resolve("config.json");
    Fixture.edit(file, change);
    return file;
  }
}
