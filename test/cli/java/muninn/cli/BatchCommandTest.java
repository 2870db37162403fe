package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchCommandTest {
  private static final int LINES = 2_000;
  private static final int KILLS = 10;

  /** About what a JVM takes to start; not so long that a fast machine finishes the job in it. */
  private static final int START_MILLIS = 300;

  @TempDir Path folder;
  private Path input;
  private Path output;

  @BeforeEach
  void files() {
    input = folder.resolve("in.jsonl");
    output = folder.resolve("out.jsonl");
  }

  @Test
  void aJobKilledTenTimesAndThenCompletedAnswersAsOneThatNeverWas()
      throws IOException, InterruptedException {
    writeLines();
    Path whole = folder.resolve("whole.jsonl");
    assertThat(Cli.run(arguments(whole)).code()).isZero();
    long bytes = Files.size(whole);
    Random random = new Random(20261122);

    for (int kill = 0; kill < KILLS; kill++) {
      long before = Files.exists(output) ? Files.size(output) : 0;
      // Some kills hit the start, the others the writing, after up to a twelfth of the output.
      long grown = random.nextInt(4) == 0 ? 0 : random.nextLong(1, bytes / 12);
      Process process = Cli.start(folder.resolve("err"), arguments(output));
      while (process.isAlive() && !grownBy(before, grown)) {
        Thread.sleep(1);
      }
      Thread.sleep(grown == 0 ? random.nextInt(START_MILLIS) : 0);
      assertThat(process.isAlive()).as("there was something to kill").isTrue();
      process.destroyForcibly();
      assertThat(process.waitFor()).isEqualTo(128 + 9);
    }
    Process last = Cli.start(folder.resolve("err"), arguments(output));

    assertThat(last.waitFor()).as(Files.readString(folder.resolve("err"))).isZero();
    assertThat(answers(output)).hasSize(LINES).isEqualTo(answers(whole));
  }

  @Test
  void aJobEndedByASignalSaysHowToGoOnAndLeavesWholeLines()
      throws IOException, InterruptedException {
    writeLines();
    Path err = folder.resolve("err");
    Process process = Cli.start(err, arguments(output));
    while (process.isAlive() && !grownBy(0, 1_000)) {
      Thread.sleep(1);
    }

    process.destroy();

    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(128 + 15);
    assertThat(Files.readString(err))
        .contains("stopped")
        .contains("give the same command again to continue");
    assertThat(Files.readString(output)).endsWith("\n");
    assertThat(answers(output).size()).isBetween(1, LINES - 1);
  }

  @Test
  void aFullDiskIsNamedAndLosesNothing() throws IOException, InterruptedException {
    writeLines();
    Path whole = folder.resolve("whole.jsonl");
    assertThat(Cli.run(arguments(whole)).code()).isZero();
    Path err = folder.resolve("err");
    // The system refuses to let a file of the process grow beyond 64 KiB.
    List<String> limited = List.of("bash", "-c", "ulimit -f 64; exec \"$@\"", "bash");

    Process process = Cli.start(limited, err, arguments(output));

    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(Files.readString(err)).contains("cannot write to " + output).contains("are kept");
    assertThat(Files.readString(output)).endsWith("\n");
    assertThat(answers(output).size()).isBetween(1, LINES - 1);
    assertThat(Cli.run(arguments(output)).code()).isZero();
    assertThat(answers(output)).isEqualTo(answers(whole));
  }

  @Test
  void linesWithErrorsAreCountedAndDoNotFailTheJob() throws IOException {
    Files.writeString(
        input,
        """
        {"tokens":[5],"max_tokens":2,"steps":1}
        {"tokens":[5],"steps":100000}
        {"prompt":"1+1="}
        {"tokens":[]}
        """);

    Cli.Result result = Cli.run(arguments(output));

    assertThat(result.code()).isZero();
    assertThat(result.err())
        .contains("4 lines answered (0 of them in earlier runs, 3 with an error)");
    TreeMap<Integer, JsonNode> answers = answers(output);
    assertThat(answers.get(1).get("tokens")).hasSize(2);
    assertThat(answers.get(1).has("text")).isFalse();
    assertThat(answers.get(2).get("error").asText()).contains("steps").contains("100000");
    assertThat(answers.get(3).get("error").asText()).contains("tokenizer.json");
    assertThat(answers.get(4).has("error")).isTrue();
  }

  @Test
  void aTokenizerThatCannotBeUsedIsToldToEachLine() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(Path.of(Cli.nano(), file), model.resolve(file));
    }
    Files.copy(
        Path.of(Cli.nano(), "..", "tokenizer-raven", "tokenizer.json"),
        model.resolve("tokenizer.json"));
    Files.writeString(input, "{\"prompt\":\"a\"}\n{\"prompt\":\"b\"}\n");

    Cli.Result result =
        Cli.run(
            "batch",
            input.toString(),
            output.toString(),
            "--model",
            model.toString(),
            "--device",
            "cpu");

    assertThat(result.code()).isOne();
    assertThat(result.err()).contains("every line was answered by an error", "tokenizer.json");
    assertThat(answers(output).values())
        .hasSize(2)
        .allSatisfy(
            answer ->
                assertThat(answer.get("error").asText())
                    .contains("tokenizer.json: token", "wanted at most 159"));
  }

  @Test
  void anOutputInAFolderThatIsNotThereIsAFailureOfOneLine() throws IOException {
    writeLines();

    Cli.Result result = Cli.run(arguments(folder.resolve("no/out.jsonl")));

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("no/out.jsonl").contains("does not exist").hasLineCount(1);
  }

  private boolean grownBy(long before, long bytes) throws IOException {
    return bytes == 0 || (Files.exists(output) && Files.size(output) >= before + bytes);
  }

  private String[] arguments(Path out) {
    return new String[] {
      "batch",
      input.toString(),
      out.toString(),
      "--model",
      Cli.nano(),
      "--device",
      "cpu",
      "--threads",
      "2"
    };
  }

  private void writeLines() throws IOException {
    Random random = new Random(7);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < LINES; i++) {
      lines.add(
          "{\"custom_id\":\"q%d\",\"tokens\":[%d,%d],\"seed\":%d,\"steps\":%d,\"max_tokens\":%d,\"temperature\":1}"
              .formatted(
                  i,
                  random.nextInt(160),
                  random.nextInt(160),
                  i,
                  1 + random.nextInt(6),
                  1 + random.nextInt(12)));
    }
    Files.write(input, lines);
  }

  /** The answers by line; fails on a line answered twice. */
  private static TreeMap<Integer, JsonNode> answers(Path file) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    TreeMap<Integer, JsonNode> answers = new TreeMap<>();
    for (String line : Files.readAllLines(file)) {
      JsonNode answer = mapper.readTree(line);
      assertThat(answers.put(answer.get("line").asInt(), answer)).as(line).isNull();
    }
    return answers;
  }
}
