package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job on a GPU takes as many requests at once as pay there, and says how many. */
class OfflineBatchTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int REQUESTS = 16;
  private static final String LITTLE = "44"; // MiB

  @TempDir private Path folder;

  private Path lines() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      lines.add(
          String.format(
              "{\"custom_id\":\"%d\",\"tokens\":[%d,%d,7],\"steps\":%d,\"max_tokens\":%d,"
                  + "\"seed\":%d,\"temperature\":1,\"ignore_eos\":true}",
              i, 1 + i, 2 + i, 2 + i % 3, 3 + i % 4, i));
    }
    return Files.write(folder.resolve("in.jsonl"), lines);
  }

  private Process batch(Path in, String name, String mebibytes, String... options)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "batch",
                in.toString(),
                folder.resolve(name + ".jsonl").toString(),
                "--model=" + Cli.nano(),
                "--device=emulated",
                "--deterministic"));
    command.addAll(List.of(options));
    return Cli.start(
        List.of(
            "env",
            "MUNINN_EMULATED_MEMORY_MB=" + mebibytes,
            "MUNINN_EMULATED_QUIET=1",
            "JDK_JAVA_OPTIONS=-Dmuninn.native=" + System.getProperty("muninn.native")),
        folder.resolve(name + ".err"),
        command.toArray(String[]::new));
  }

  private void ends(Process process, String name) throws Exception {
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said(name)).isZero();
  }

  private Map<String, JsonNode> answers(String name) throws IOException {
    Map<String, JsonNode> tokens = new TreeMap<>();
    for (String line : Files.readAllLines(folder.resolve(name + ".jsonl"))) {
      JsonNode answer = JSON.readTree(line);
      assertThat(tokens.put(answer.get("custom_id").asText(), answer.get("tokens"))).isNull();
    }
    return tokens;
  }

  private String said(String name) throws IOException {
    return Files.readString(folder.resolve(name + ".err"));
  }

  @Test
  void littleMemoryAndAKillChangeNoAnswer() throws Exception {
    Path in = lines();
    ends(batch(in, "whole", "1024", "--steps=2", "--kv=mod:1"), "whole");
    assertThat(said("whole"))
        .contains("muninn: up to 1024 requests at once in 2048 lanes, on Muninn emulated device");
    Map<String, JsonNode> whole = answers("whole");
    assertThat(whole).hasSize(REQUESTS);

    Path out = folder.resolve("little.jsonl");
    Process killed = batch(in, "little", LITTLE, "--steps=2", "--kv=mod:1");
    while (killed.isAlive() && lines(out) == 0) {
      Thread.sleep(5);
    }
    killed.destroyForcibly();
    killed.waitFor();
    assertThat(lines(out)).isPositive();
    ends(batch(in, "little", LITTLE, "--steps=2", "--kv=mod:1"), "little");
    assertThat(answers("little")).isEqualTo(whole);
    assertThat(said("little"))
        .containsPattern("up to [1-9]\\d? requests at once in 256 lanes")
        .contains(REQUESTS + " lines answered");
  }

  private static long lines(Path file) throws IOException {
    return Files.exists(file)
        ? Files.readString(file).chars().filter(character -> character == '\n').count()
        : 0;
  }
}
