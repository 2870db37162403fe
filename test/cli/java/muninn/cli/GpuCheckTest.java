package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code tools/gpu-check} keeps when its checks fail, crash, hang or are killed: in a folder
 * as {@code tools/pack} lays it out, whose Java is a script.
 */
class GpuCheckTest {
  private static final Path TOOLS = Path.of("../../tools").toAbsolutePath().normalize();

  /** Answers as the command would; what a file of its kind of call says is done then. */
  private static final String JAVA =
      """
      #!/bin/sh
      here=$(cd "$(dirname "$0")" && pwd)
      kind= lines=
      while [ $# -gt 0 ]; do
        case $1 in
          muninn.cli.Start) kind=$2 ;;
          --lines) lines=$2 ;;
          --against) kind=against ;;
          --timeline) kind=timeline ;;
          --sections) kind=$2 ;;
        esac
        shift
      done
      [ -z "$lines" ] || echo '{"section":"ticks","name":"core","lanes":1,"nanos":5}' >>"$lines"
      [ ! -e "$here/$kind" ] || . "$here/$kind"
      case $kind in
        generate) echo 1290 ;;
        devices) echo 'cuda  available' ;;
      esac
      """;

  @TempDir private Path folder;
  private Path bin;
  private Path out;

  @BeforeEach
  void layOut() throws IOException {
    for (String file : List.of("gpu-check", "packed.sh")) {
      Files.copy(TOOLS.resolve(file), folder.resolve(file));
    }
    Files.createFile(folder.resolve("payload.tar.xz"));
    bin = Files.createDirectories(folder.resolve("unpacked/runtime/bin"));
    Path java = Files.writeString(bin.resolve("java"), JAVA);
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createDirectories(folder.resolve("unpacked/test/classes"));
    out = folder.resolve("logs");
  }

  private Process start(String part, Object seconds) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                "sh",
                folder.resolve("gpu-check").toString(),
                "--device",
                "emulated",
                "--part",
                part,
                "--out",
                out.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("said").toFile());
    builder.environment().put("GPU_CHECK_SECONDS", String.valueOf(seconds));
    return builder.start();
  }

  private int run(String part, Object seconds) throws IOException, InterruptedException {
    Process process = start(part, seconds);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private void does(String kind, String script) throws IOException {
    Files.writeString(bin.resolve(kind), script);
  }

  private List<JsonNode> results() throws IOException {
    List<JsonNode> all = new ArrayList<>();
    for (String line : Files.readAllLines(out.resolve("results.jsonl"))) {
      all.add(new ObjectMapper().readTree(line));
    }
    return all;
  }

  /** By name, the last that is said of each. */
  private Map<String, String> checks() throws IOException {
    Map<String, String> checks = new LinkedHashMap<>();
    for (JsonNode line : results()) {
      if (line.get("section").asText().equals("check")) {
        checks.put(line.get("name").asText(), line.get("result").asText());
      }
    }
    return checks;
  }

  @Test
  void aCheckThatFailsOrCrashesEndsNoOther() throws Exception {
    does("against", "exit 3");
    does("operations", "kill -ABRT $$");
    assertThat(run("1", 60)).isEqualTo(1);
    assertThat(checks())
        .containsEntry("answer", "ok")
        .containsEntry("soak", "ok")
        .containsEntry("speed", "ok")
        .containsEntry("against", "FAILED")
        .containsEntry("attention", "FAILED")
        .containsEntry("many", "ok")
        .containsEntry("generation", "ok")
        .containsEntry("reference", "skipped");
    assertThat(Files.readString(folder.resolve("said"))).contains("not well: against attention");
  }

  @Test
  void aTimeThatIsNoNumberOfSecondsIsRefused() throws Exception {
    assertThat(run("1", "5m")).isEqualTo(2);
    assertThat(folder.resolve("said"))
        .hasContent("gpu-check: GPU_CHECK_SECONDS is '5m', wanted a whole number of seconds");
  }

  @Test
  void aCheckThatHangsIsEndedAndWhatItMeasuredStays() throws Exception {
    does("ticks,operations", "exec sleep 60");
    assertThat(run("1", 8)).isEqualTo(1);
    assertThat(checks()).containsEntry("speed", "FAILED").containsEntry("generation", "FAILED");
    assertThat(Files.readString(out.resolve("table.txt")))
        .contains("not done within", "no time left");
    assertThat(results()).anyMatch(line -> line.get("section").asText().equals("ticks"));
  }

  @Test
  void aWrongAnswerEndsThePart() throws Exception {
    does("generate", "[ -e \"$here/once\" ] && echo 7 && exit; touch \"$here/once\"");
    assertThat(run("1", 60)).isEqualTo(1);
    assertThat(checks().keySet()).containsExactly("facts", "answer", "memcheck");
  }

  @Test
  void whatAKillLeavesIsReadAndAddedTo() throws Exception {
    does("ticks,operations", "exec sleep 60");
    Process process = start("1", 60);
    while (!(Files.exists(out.resolve("results.jsonl"))
        && results().stream().anyMatch(line -> line.get("section").asText().equals("ticks")))) {
      assertThat(process.isAlive()).isTrue();
      Thread.sleep(20);
    }
    List<ProcessHandle> all =
        Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
    all.forEach(ProcessHandle::destroyForcibly);
    process.waitFor();
    assertThat(checks()).containsEntry("soak", "ok").containsEntry("speed", "begun");

    Files.writeString(
        out.resolve("results.jsonl"), "{\"section\":\"chec", StandardOpenOption.APPEND);
    does("timeline", "exit 0");
    run("2", 60);
    List<String> lines = Files.readAllLines(out.resolve("results.jsonl"));
    assertThat(lines.stream().filter(line -> line.contains("\"section\":\"run\""))).hasSize(2);
    assertThat(lines).contains("{\"section\":\"chec").last().asString().endsWith("}");
    assertThat(Files.readAllLines(out.resolve("table.txt")))
        .anyMatch(line -> line.startsWith("soak"))
        .anyMatch(line -> line.startsWith("timeline"));
  }
}
