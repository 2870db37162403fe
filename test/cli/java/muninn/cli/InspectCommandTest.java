package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InspectCommandTest {
  private String out = "";
  private String err = "";

  private int run(String... arguments) {
    List<String> line = new ArrayList<>(List.of("inspect"));
    line.addAll(List.of(arguments));
    if (arguments.length == 0 || arguments[0].startsWith("-")) {
      line.add(1, golden("raven-nano").toString());
    }
    Cli.Result result = Cli.run(line.toArray(String[]::new));
    out = result.out();
    err = result.err();
    return result.code();
  }

  private static Path golden(String name) {
    try {
      return Path.of(InspectCommandTest.class.getResource("/golden/" + name).toURI());
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aCheckpointIsDescribedInAFewLines() {
    assertThat(run()).isZero();
    assertThat(out)
        .contains(
            "Huginn (huginn_raven), blocks 2 prelude, 4 core, 2 coda; trained for about 16 steps")
        .contains("width 48, 3 heads of 16, MLP 112, vocabulary 160, context 128 positions")
        .contains("16 steps, full, 68 slots")
        .doesNotContain("norm_1");
  }

  @Test
  void aShapeWithoutFilesIsDescribedAsWell() {
    assertThat(run("random:huginn-0125")).isZero();
    assertThat(out)
        .startsWith("random:huginn-0125")
        .contains("width 5280, 55 heads of 96, MLP 17920, vocabulary 65536")
        .contains("3,565.0 M in 7.13 GB (BF16)")
        .contains("none: random weights");
  }

  @Test
  void tensorsAreListedOnDemand() {
    assertThat(run(golden("raven-sharded-bf16").toString(), "--tensors")).isZero();
    assertThat(out)
        .contains("transformer.coda.0.norm_1.weight")
        .contains("model-00003-of-00003.safetensors");
  }

  @Test
  void aScriptGetsOneObject() throws Exception {
    assertThat(run("--json", "--tensors", "--steps", "32", "--kv", "mod:4")).isZero();
    JsonNode json = new ObjectMapper().readTree(out);
    assertThat(json.at("/config/n_embd").asInt()).isEqualTo(48);
    assertThat(json.at("/kv_bytes_per_token/sharing").asText()).isEqualTo("mod:4");
    assertThat(json.at("/kv_bytes_per_token/slots").asInt()).isEqualTo(20);
    assertThat(json.at("/kv_bytes_per_token/f32").asInt()).isEqualTo(20 * 2 * 48 * 4);
    assertThat(json.at("/kv_bytes_per_token/bf16").asInt()).isEqualTo(20 * 2 * 48 * 2);
    // a byte an element, and the scales of three heads
    assertThat(json.at("/kv_bytes_per_token/int8").asInt()).isEqualTo(20 * 2 * (48 + 3 * 4));
    assertThat(json.at("/kv_bytes_per_token/fp8")).isEqualTo(json.at("/kv_bytes_per_token/int8"));
    assertThat(json.at("/parameters/adapter").asInt()).isEqualTo(48 * 96);
    assertThat(json.at("/bytes/total").asInt()).isEqualTo(4 * json.at("/parameters/total").asInt());
    assertThat(json.get("tensors")).hasSize(8 * 9 + 3 + 1);
    assertThat(json.at("/tensors/0/shape")).hasSize(5);
  }

  @Test
  void everySharingHasItsMemoryPerToken() throws Exception {
    // prelude 2 and coda 2, and of the core's 4 blocks at 32 steps what the sharing keeps
    Map<String, Integer> slots =
        Map.of("full", 132, "mod:4", 20, "first:8", 40, "div:8", 20, "div-blocks:2", 68);
    for (Map.Entry<String, Integer> kv : slots.entrySet()) {
      assertThat(run("--json", "--steps", "32", "--kv", kv.getKey())).isZero();
      JsonNode json = new ObjectMapper().readTree(out);
      assertThat(json.at("/kv_bytes_per_token/slots").asInt())
          .as(kv.getKey())
          .isEqualTo(kv.getValue());
      assertThat(json.at("/kv_bytes_per_token/f32").asInt()).isEqualTo(kv.getValue() * 2 * 48 * 4);
    }
  }

  @Test
  void aGpusMemoryIsSharedOut() throws Exception {
    assertThat(run("random:huginn-0125", "--card", "4090")).isZero();
    assertThat(out).contains("GeForce RTX 4090 with 24.00 GB", "batch: requests", "int4-g64");
    assertThat(run("random:huginn-0125", "--json", "--kv", "mod:4", "--kv-dtype", "fp8")).isZero();
    JsonNode json = new ObjectMapper().readTree(out);
    assertThat(json.get("card").asText()).isEqualTo("h100");
    Map<String, JsonNode> rows = new HashMap<>();
    json.get("gpu_memory").forEach(row -> rows.put(row.get("weights").asText(), row));
    JsonNode plain = rows.get("bfloat16");
    assertThat(plain.get("requests").asInt()).isEqualTo(174);
    assertThat(plain.get("batch_requests").asInt()).isEqualTo(1024);
    assertThat(plain.get("batch_lanes").asInt()).isEqualTo(2048);
    // the numbers of the largest coded matrix, gate and up, which are decoded for a library
    assertThat(rows.get("int4").get("device_bytes").asLong())
        .isEqualTo(plain.get("device_bytes").asLong() + 2L * 2 * 17920 * 5280);
    for (JsonNode row : rows.values()) {
      long all =
          row.get("weight_bytes").asLong()
              + row.get("device_bytes").asLong()
              + row.get("lane_bytes").asLong()
              + row.get("kv_bytes").asLong();
      assertThat(all).isBetween(65_000_000_000L, 72_000_000_000L);
    }
  }

  @Test
  void aModelLargerThanAGpuHasRoomForNoRequestThere() throws Exception {
    assertThat(run("random:16384x128x65536", "--json", "--card", "4090")).isZero();
    JsonNode row = new ObjectMapper().readTree(out).at("/gpu_memory/0");
    assertThat(row.get("requests").asInt()).isZero();
    assertThat(row.get("batch_requests").asInt()).isZero();
  }

  @Test
  void badUsageIsToldFromFailure() {
    assertThat(run("--kv", "half")).isEqualTo(2);
    assertThat(err).contains("--kv", "'half'", "full, mod:B");
    assertThat(run("--steps", "0")).isEqualTo(2);
  }

  @Test
  void helpHasExamples() {
    assertThat(run("--help")).isZero();
    assertThat(out).contains("Examples:", "muninn inspect DIR --json");
  }
}
