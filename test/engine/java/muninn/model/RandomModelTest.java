package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import muninn.UserException;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.ForwardingDevice;
import muninn.kernels.PaperDevice;
import muninn.kernels.Weights;
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

  /** What a device is asked to draw for a model's weights, by name. */
  private static Map<String, Double> deviations(String name) {
    Map<String, Double> found = new LinkedHashMap<>();
    Model model = Model.open(name);
    for (Layout.Weight weight : model.layout().weights().filter(Layout.Weight::isMatrix).toList()) {
      Device draws =
          new ForwardingDevice(new PaperDevice(DType.BF16, DType.BF16)) {
            @Override
            public Weights randomWeights(
                long seed, int rows, int columns, float sigma, Format format) {
              found.put(weight.name(), (double) sigma);
              return super.randomWeights(seed, rows, columns, sigma, format);
            }
          };
      model.matrix(weight, draws, Optional.empty());
    }
    return found;
  }

  private static void assertDeviation(Map<String, Double> found, double sigma, String... names) {
    for (String name : names) {
      assertThat(found.get(name)).as(name).isCloseTo(sigma, within(1e-6 * sigma));
    }
  }

  @Test
  void huginnsWeightsBeginAsInItsTrainingCode() {
    Map<String, Double> found = deviations("random:huginn-0125");
    double sigma = Math.sqrt(2.0 / (5 * 5280));
    assertDeviation(
        found, sigma, "embedding", "adapter", "prelude.0.qkv", "core.3.gate_up", "coda.1.qkv");
    double out = sigma / Math.sqrt(2 * (2 + 32 * 4 + 2));
    assertDeviation(
        found, out, "prelude.0.attention_out", "core.0.mlp_out", "coda.1.attention_out");
    assertThat(found).hasSize(2 + 8 * 4).doesNotContainKey("head");
  }

  @ParameterizedTest
  @ValueSource(strings = {"retrofit-llama-3.2-1b", "retrofit-tinyllama", "retrofit-olmo2-1b"})
  void aRetrofitBeginsAsTheModelThatItWasWithAnAdapterAsTorchMakesIt(String name) {
    Map<String, Double> found = deviations("random:" + name + ",d=256,heads=8,head=32");
    assertDeviation(found, 1 / Math.sqrt(6 * 256), "adapter");
    found.remove("adapter");
    assertThat(found).containsKeys("embedding", "head", "core.0.mlp_out");
    assertDeviation(found, 0.02, found.keySet().toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ouro-1.4b", "ouro-2.6b", "nanbeige-4.2-3b"})
  void loopedModelsBeginWithOneDeviationForAll(String name) {
    Map<String, Double> found = deviations("random:" + name);
    assertThat(found).containsKeys("embedding", "head", "core.0.qkv", "core.0.attention_out");
    assertDeviation(found, 0.02, found.keySet().toArray(String[]::new));
  }

  @Test
  void normsBeginWithOneBiasesWithNothingAndTheGateAtRandom() {
    Map<String, float[]> tables = new LinkedHashMap<>();
    for (String name : List.of("random:ouro-1.4b,layers=0/1/0", "random:64x4x96,layers=1/1/1")) {
      Model model = Model.open(name);
      for (Layout.Weight weight : model.layout().weights().filter(w -> !w.isMatrix()).toList()) {
        Device reads =
            new ForwardingDevice(new PaperDevice(DType.BF16, DType.BF16)) {
              @Override
              public Buffer table(DType dtype, int rows, int columns, MemorySegment data) {
                tables.put(weight.name(), data.toArray(ValueLayout.JAVA_FLOAT));
                return super.table(dtype, rows, columns, data);
              }
            };
        model.table(weight, reads);
      }
    }
    assertThat(tables.get("model.norm.weight")).containsOnly(1);
    assertThat(tables.get("transformer.core_block.0.norm_4.weight")).containsOnly(1);
    assertThat(tables.get("transformer.core_block.0.attn.qk_bias")).containsOnly(0);
    assertThat(tables.get("model.early_exit_gate.bias")).containsOnly(0);
    float[] gate = tables.get("model.early_exit_gate.weight");
    double squares = 0;
    for (float weight : gate) {
      squares += weight * weight;
    }
    assertThat(gate).hasSize(2048);
    assertThat(Math.sqrt(squares / gate.length)).isCloseTo(0.02, within(0.002));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Random:64x4x96", "weights/nowhere"})
  void whatIsNotRandomIsAFolder(String name) {
    assertThatThrownBy(() -> Model.open(name))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(name + ": no such folder");
  }
}
