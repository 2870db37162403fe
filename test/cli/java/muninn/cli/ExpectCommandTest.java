package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpectCommandTest {
  private static Cli.Result expect(String... options) {
    return Cli.run(Stream.concat(Stream.of("expect"), Stream.of(options)).toArray(String[]::new));
  }

  @Test
  void aPlanIsATableThatSaysItIsNoMeasurement() {
    Cli.Result result = expect("--card", "h200", "--lanes", "1,64", "--context", "128");
    assertThat(result.code()).isZero();
    assertThat(result.out())
        .startsWith("random:huginn-0125 on H200 SXM: expected, not measured")
        .contains("tokens/s", "sequences that fit", "binds")
        .doesNotContain("has no memory");
  }

  @Test
  void asJsonEveryNumberHasAName() throws Exception {
    Cli.Result result =
        expect("--lanes", "1,256", "--context", "128,1024", "--steps", "32", "--json");
    JsonNode json = new ObjectMapper().readTree(result.out());
    assertThat(json.get("card").asText()).isEqualTo("h100");
    assertThat(json.get("kind").asText()).contains("not measured");
    assertThat(json.get("rows")).hasSize(4);
    for (JsonNode row : json.get("rows")) {
      assertThat(row.get("tokens_per_second").asDouble()).isPositive();
      assertThat(row.get("step_nanos").asDouble()).isPositive();
      assertThat(row.get("fits").asBoolean())
          .isEqualTo(row.get("sequences_that_fit").asLong() >= row.get("lanes").asLong());
    }
  }

  @Test
  void aJobIsPlannedAsBatchWouldRunItByItself() throws Exception {
    String[] asked = {
      "--lanes", "1", "--context", "128", "--kv", "mod:4", "--kv-dtype", "fp8", "--job", "128,128"
    };
    assertThat(expect(asked).out())
        .contains("by itself up to 1024 requests in work, 1024 of them answering")
        .contains("output tokens/s");
    JsonNode json = new ObjectMapper().readTree(expect(with(asked, "--json")).out());
    assertThat(json.at("/batch/requests").asInt()).isEqualTo(1024);
    assertThat(json.at("/batch/output_tokens_per_second").asDouble()).isGreaterThan(2000);
    assertThat(json.get("jobs")).hasSize(6);
    // of fewer there is no memory for the keys of all steps
    asked[5] = "full";
    json = new ObjectMapper().readTree(expect(with(asked, "--json")).out());
    assertThat(json.at("/batch/requests").asInt()).isLessThan(256);
  }

  @Test
  void aJobHasPromptsAndAnswersThatTheModelCanRead() {
    for (String wrong : new String[] {"128", "1,2,3", "4000,97", "0,5"}) {
      Cli.Result result = expect("--job", wrong);
      assertThat(result.code()).as(wrong).isEqualTo(2);
      assertThat(result.err()).contains("--job");
    }
  }

  private static String[] with(String[] options, String another) {
    String[] all = Arrays.copyOf(options, options.length + 1);
    all[options.length] = another;
    return all;
  }

  @Test
  void whatDoesNotFitIsSaidWithItsRemedy() {
    assertThat(expect("--card", "4090", "--lanes", "64", "--context", "1024").out())
        .contains("GeForce RTX 4090 has no memory for it", "--kv mod:4");
  }

  @Test
  void smallerKeysAreReadFasterAndMoreOfThemFit() throws Exception {
    String[] asked = {"--lanes", "64", "--context", "1024", "--json", "--kv-dtype"};
    JsonNode[] rows = new JsonNode[2];
    for (int i = 0; i < 2; i++) {
      String[] all = Arrays.copyOf(asked, asked.length + 1);
      all[asked.length] = i == 0 ? "bfloat16" : "fp8";
      JsonNode json = new ObjectMapper().readTree(expect(all).out());
      assertThat(json.get("kv_dtype").asText()).isEqualTo(all[asked.length]);
      rows[i] = json.at("/rows/0");
    }
    assertThat(rows[1].get("sequences_that_fit").asDouble())
        .isGreaterThan(1.9 * rows[0].get("sequences_that_fit").asDouble());
    assertThat(rows[1].get("step_nanos").asDouble())
        .isLessThan(0.95 * rows[0].get("step_nanos").asDouble());
  }

  @Test
  void productsByWarpgroupsAreAPlanOfTheirOwn() throws Exception {
    String[] asked = {"--lanes", "512", "--context", "128", "--json"};
    JsonNode usual = new ObjectMapper().readTree(expect(asked).out());
    String[] all = Arrays.copyOf(asked, asked.length + 1);
    all[asked.length] = "--kernels=linear=wgmma";
    JsonNode other = new ObjectMapper().readTree(expect(all).out());
    assertThat(other.get("kernels").asText()).isEqualTo("linear=wgmma");
    assertThat(other.at("/rows/0/step_nanos").asDouble())
        .isNotEqualTo(usual.at("/rows/0/step_nanos").asDouble());
    Cli.Result refused = expect("--card", "4090", "--kernels=linear=wgmma");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("the GeForce RTX 4090 has none");
  }

  @Test
  void aFolderIsPlannedWithAsWell() throws Exception {
    Path golden = Path.of(ExpectCommandTest.class.getResource("/golden/raven-nano").toURI());
    Cli.Result result = expect("--model", golden.toString(), "--lanes", "1", "--context", "16");
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).contains("16 steps a token");
  }

  @Test
  void aFolderOfCodesIsPlannedWithAsItIsStored(@TempDir Path folder) throws Exception {
    Path codes = folder.resolve("int8");
    Cli.run("convert", "../../weights/raven-sums", codes.toString(), "--weights", "int8");

    JsonNode stored =
        new ObjectMapper().readTree(expect("--model", codes.toString(), "--json").out());
    JsonNode decoded =
        new ObjectMapper()
            .readTree(expect("--model", codes.toString(), "--weights=bfloat16", "--json").out());

    assertThat(stored.get("weights").asText()).isEqualTo("int8");
    assertThat(stored.get("matrix_bytes").properties())
        .extracting(Map.Entry::getKey)
        .containsExactly("int8", "bfloat16");
    assertThat(decoded.get("weights").asText()).isEqualTo("bfloat16");
    assertThat(decoded.get("weight_bytes").asLong())
        .isGreaterThan(stored.get("weight_bytes").asLong());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--card=v100 | --card v100: must be h100, h200, a100, 4090, l40s or 5090",
        "--context=5000 | --context 5000: must be from 1 to 4096, the model's block_size",
        "--lanes=0 | --lanes 0: must be",
        "--kv=half | is no KV sharing",
        "--model=random:nothing | random:nothing"
      })
  void whatCannotBeIsRefusedByName(String option, String message) {
    Cli.Result result = expect(option);
    assertThat(result.code()).isNotZero();
    assertThat(result.err()).contains(message);
  }
}
