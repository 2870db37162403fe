package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job on several devices of a machine, as a process of its own that sees them. */
class SeveralDevicesCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int REQUESTS = 24;

  @TempDir private Path folder;

  @Test
  void aJobOnTwoGpusSaysWhatItSaysOnOneThoughOneOfThemFails() throws Exception {
    Path in = folder.resolve("in.jsonl");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      lines.add(
          String.format(
              "{\"custom_id\":\"%d\",\"tokens\":[%d,%d],\"steps\":%d,\"max_tokens\":4,\"seed\":%d,"
                  + "\"temperature\":1,\"ignore_eos\":true}",
              i, 1 + i, 2 + i, 2 + i % 3, i));
    }
    Files.write(in, lines);

    Map<String, JsonNode> one = batch(in, "one", "emulated", "");
    assertThat(one).hasSize(REQUESTS);
    assertThat(batch(in, "two", "emulated:all", "")).isEqualTo(one);
    assertThat(said("two")).doesNotContain("failed");

    assertThat(batch(in, "broken", "emulated:0,1", "1@150")).isEqualTo(one);
    assertThat(said("broken"))
        .contains("Muninn emulated device (sm_90), bfloat16")
        .doesNotContain("Exception")
        .containsPattern("its [1-9]\\d* requests begin again on the other devices");
  }

  private Map<String, JsonNode> batch(Path in, String name, String device, String fails)
      throws Exception {
    Path out = folder.resolve(name + ".jsonl");
    Process process =
        Cli.start(
            List.of(
                "env",
                "MUNINN_EMULATED_DEVICES=2",
                "MUNINN_EMULATED_FAILS=" + fails,
                "MUNINN_EMULATED_QUIET=1",
                "JDK_JAVA_OPTIONS=-Dmuninn.native=" + System.getProperty("muninn.native")),
            folder.resolve(name + ".err"),
            "batch",
            in.toString(),
            out.toString(),
            "--model=" + Cli.nano(),
            "--device=" + device);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said(name)).isZero();
    Map<String, JsonNode> tokens = new TreeMap<>();
    for (String line : Files.readAllLines(out)) {
      JsonNode answer = JSON.readTree(line);
      tokens.put(answer.get("custom_id").asText(), answer.get("tokens"));
    }
    return tokens;
  }

  private String said(String name) throws Exception {
    return Files.readString(folder.resolve(name + ".err"));
  }
}
