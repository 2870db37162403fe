package muninn.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import muninn.Progress;
import muninn.UserException;
import muninn.engine.request.Options;
import muninn.files.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchJobTest {
  private static final Options OPTIONS = Options.DEFAULT.withSteps(8).withMaxTokens(32);

  @TempDir Path folder;
  private final FakeResponder responder = new FakeResponder();
  private Path input;
  private Path output;
  private String model = "a";

  @BeforeEach
  void files() throws IOException {
    input = folder.resolve("in.jsonl");
    output = folder.resolve("out.jsonl");
  }

  @AfterEach
  void close() {
    responder.close();
  }

  @Test
  void anOutputThatIsNoFileIsRefusedAndGetsNoRecord() throws IOException {
    Files.writeString(input, "{\"prompt\":\"a\"}");
    output = Files.createDirectory(folder.resolve("folder"));

    assertThatThrownBy(() -> job(OPTIONS).run(false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("folder is not a file");
    assertThat(folder.resolve("folder.job")).doesNotExist();

    output = Path.of("/dev/null");
    assertThatThrownBy(() -> job(OPTIONS).run(false)).hasMessageContaining("is not a file");
  }

  @Test
  void halfACharacterAnywhereIsAnErrorOfItsLineAlone() throws IOException {
    String half = "\\ud83d";
    Files.write(
        input,
        List.of(
            "{\"custom_id\":\"" + half + "\",\"prompt\":\"a\"}",
            "{\"" + half + "\":1,\"prompt\":\"a\"}",
            "{\"" + "x".repeat(119) + "\ud83d\ude00\":1,\"prompt\":\"a\"}",
            "{\"temperature\":\"" + half + "\",\"prompt\":\"a\"}",
            "{\"url\":\"/v1/completions\",\"body\":{\"model\":\"" + half + "\",\"prompt\":\"a\"}}",
            "{\"url\":\"" + half + "\",\"body\":{\"prompt\":\"a\"}}",
            "{\"custom_id\":\"whole\",\"prompt\":\"a\"}"));

    job(OPTIONS).run(false);

    List<String> answers = Files.readAllLines(output);
    assertThat(answers).hasSize(7).filteredOn(line -> line.contains("error\":\"")).hasSize(4);
    assertThat(answers).anyMatch(line -> line.contains("custom_id holds half a character"));
    assertThat(answers).anyMatch(line -> line.contains("model holds half a character"));
    assertThat(answers).anyMatch(line -> line.contains("\"whole\"") && line.contains("\"text\""));
  }

  @Test
  void answersEveryLineOnceByAResultOrAnError() throws IOException {
    Files.writeString(
        input,
        """
        {"custom_id":"a","prompt":"abc"}
        {"custom_id":"b","prompt":"de","steps":3}

        not json
        {"custom_id":"r","tokens":[1,666]}
        {"tokens":[72],"max_tokens":1}
        {"custom_id":"n","tokens":[888]}\
        """);

    Summary summary = job(OPTIONS).run(false);

    TreeMap<Integer, JsonNode> answers = answers();
    assertThat(answers.keySet()).containsExactly(1, 2, 4, 5, 6, 7);
    assertThat(answers.get(1))
        .hasToString(
            "{\"custom_id\":\"a\",\"line\":1,\"text\":\"cba\",\"tokens\":[99,98,97],"
                + "\"steps\":[8,8,8],\"finish_reason\":\"stop\","
                + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":3,\"total_tokens\":6}}");
    assertThat(answers.get(2).get("steps")).hasToString("[3,3]");
    assertThat(answers.get(4).get("error").asText()).startsWith("not valid JSON");
    assertThat(answers.get(4).get("custom_id").isNull()).isTrue();
    assertThat(answers.get(5))
        .hasToString(
            "{\"custom_id\":\"r\",\"line\":5,"
                + "\"error\":\"prompt token 666 is outside the vocabulary\"}");
    assertThat(answers.get(6).get("custom_id").isNull()).isTrue();
    assertThat(answers.get(7))
        .hasToString("{\"custom_id\":\"n\",\"line\":7,\"error\":\"the logits are not numbers\"}");
    assertThat(summary.answered()).isEqualTo(6);
    assertThat(summary.errors()).isEqualTo(3);
    assertThat(summary.blank()).isEqualTo(1);
    assertThat(summary.tokens()).isEqualTo(6);
    assertThat(summary.stopped()).isFalse();
    assertThat(job(OPTIONS).run(false).errors()).as("of earlier runs").isEqualTo(3);
  }

  @Test
  void neitherOtherLinesNorTheirAnswersWaitForALongOne() throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("{\"prompt\":\"" + "x".repeat(100_000) + "\"}");
    for (int i = 0; i < 20; i++) {
      lines.add("{\"prompt\":\"short\"}");
    }
    Files.write(input, lines);

    Progress.Display untilTheOthersAreAnswered =
        (name, done, total) ->
            new Progress() {
              @Override
              public void at(long done, long tokens) {
                if (done == 20) {
                  responder.longPrompts.countDown();
                }
              }

              @Override
              public void close() {}
            };
    Summary summary = job(OPTIONS, untilTheOthersAreAnswered).run(false);

    assertThat(summary.errors()).as(summary.firstError()).isZero();
    assertThat(answers()).hasSize(21);
  }

  @Test
  void keepsNoMoreRequestsInFlightThanTold() throws IOException {
    writeLines(2_000);

    job(OPTIONS).run(false);

    assertThat(responder.mostInFlight.get()).isBetween(2, 8);
    assertThat(answers()).hasSize(2_000);
  }

  @Test
  void outputCutAtAnyByteIsCompletedToTheSameAnswers() throws IOException {
    writeLines(40);
    job(OPTIONS).run(false);
    byte[] whole = Files.readAllBytes(output);
    TreeMap<Integer, JsonNode> wanted = answers();
    Random random = new Random(1);

    for (int cut = 0; cut < whole.length; cut += 1 + random.nextInt(97)) {
      Files.write(output, Arrays.copyOf(whole, cut));
      int before = responder.requests.size();
      Summary summary = job(OPTIONS).run(false);

      assertThat(answers()).as("cut at byte %d", cut).isEqualTo(wanted);
      assertThat(summary.earlier() + summary.answered()).isEqualTo(40);
      assertThat(responder.requests.size() - before).isEqualTo((int) summary.answered());
    }
  }

  @Test
  void aFinishedJobStartedAgainAsksNothingAndChangesNothing() throws IOException {
    writeLines(10);
    job(OPTIONS).run(false);
    byte[] whole = Files.readAllBytes(output);
    responder.requests.clear();

    Summary summary = job(OPTIONS).run(false);

    assertThat(responder.requests).isEmpty();
    assertThat(summary.earlier()).isEqualTo(10);
    assertThat(output).hasBinaryContent(whole);
  }

  @Test
  void refusesToContinueWithOtherOptionsNamingThem() throws IOException {
    writeLines(10);
    job(OPTIONS).run(false);
    byte[] whole = Files.readAllBytes(output);

    assertThatThrownBy(() -> job(OPTIONS.withSteps(16)).run(false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("belongs to another job (steps was 8, is now 16)")
        .hasMessageContaining("--overwrite");
    assertThat(output).hasBinaryContent(whole);
  }

  @Test
  void refusesToContinueWithAnotherInputOrModel() throws IOException {
    writeLines(10);
    job(OPTIONS).run(false);
    writeLines(11);
    model = "b";

    assertThatThrownBy(() -> job(OPTIONS).run(false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("(the input is another one; the model is another one)");
  }

  @Test
  void refusesAFileThatNoJobWrote() throws IOException {
    writeLines(3);
    Files.writeString(output, "my notes\n");

    assertThatThrownBy(() -> job(OPTIONS).run(false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("has content, but no out.jsonl.job beside it");
    assertThat(output).hasContent("my notes\n");
  }

  @Test
  void startsOverWhenToldToOverwrite() throws IOException {
    writeLines(10);
    job(OPTIONS).run(false);

    Summary summary = job(OPTIONS.withSteps(16)).run(true);

    assertThat(summary.answered()).isEqualTo(10);
    assertThat(answers().get(1).get("steps").get(0).asInt()).isEqualTo(16);
  }

  @Test
  void anOutputDeletedBetweenRunsIsBegunAnewWhateverItsRecordSays() throws IOException {
    writeLines(10);
    job(OPTIONS).run(false);
    Files.delete(output);

    assertThat(job(OPTIONS.withSteps(16)).run(false).answered()).isEqualTo(10);
    assertThat(job(OPTIONS.withSteps(16)).run(false).earlier()).isEqualTo(10);
  }

  @Test
  void refusesAnInputThatIsMissingOrTheOutputToo() throws IOException {
    assertThatThrownBy(() -> job(OPTIONS).run(false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("in.jsonl is not a file");
    writeLines(1);
    output = input;
    assertThatThrownBy(() -> job(OPTIONS).run(false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("in.jsonl is the input and would be overwritten with the answers");
  }

  @Test
  void aFailingEngineEndsTheJobAndItsLinesStayUnanswered() throws IOException {
    Files.writeString(input, "{\"tokens\":[1]}\n{\"tokens\":[999]}\n");

    assertThatThrownBy(() -> job(OPTIONS).run(false))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("line 2")
        .hasRootCauseMessage("the device is gone");
    assertThat(answers()).doesNotContainKey(2);
  }

  @Test
  void aStoppedJobReturnsAlthoughARequestIsNeverAnsweredAndCanBeContinued()
      throws IOException, InterruptedException {
    Files.writeString(input, "{\"tokens\":[1]}\n{\"tokens\":[777]}\n{\"tokens\":[3]}\n");
    BatchJob job = job(OPTIONS);
    List<Summary> summaries = new ArrayList<>();
    Thread runner = Thread.ofPlatform().start(() -> summaries.add(job.run(false)));
    while (Files.notExists(output) || answers().size() < 2) {
      Thread.sleep(5);
    }

    job.stop();
    runner.join(10_000);

    assertThat(summaries).singleElement().matches(Summary::stopped);
    assertThat(answers().keySet()).containsExactly(1, 3);
  }

  @Test
  void aStopBeforeTheStartAnswersNothing() throws IOException {
    writeLines(10);
    BatchJob job = job(OPTIONS);
    job.stop();

    assertThat(job.run(false).answered()).isZero();
    assertThat(job(OPTIONS).run(false).answered()).isEqualTo(10);
  }

  @Test
  void progressCountsWhatEarlierRunsDid() throws IOException {
    writeLines(10);
    job(OPTIONS).run(false);
    List<String> lines = Files.readAllLines(output).subList(0, 4);
    Files.writeString(output, String.join("\n", lines) + "\n");
    List<Long> seen = new ArrayList<>();

    job(OPTIONS, display(seen)).run(false);

    assertThat(seen).startsWith(4L, 10L).endsWith(10L);
  }

  /** Notes where a progress report starts, its total, then every report. */
  private static Progress.Display display(List<Long> seen) {
    return (task, done, total) -> {
      seen.add(done);
      seen.add(total);
      return new Progress() {
        @Override
        public void at(long now, long tokens) {
          seen.add(now);
        }

        @Override
        public void close() {}
      };
    };
  }

  private BatchJob job(Options options) {
    return job(options, Progress.Display.NONE);
  }

  private BatchJob job(Options options, Progress.Display display) {
    return new BatchJob(
        JobInput.file(input),
        JobOutput.file(output),
        new JobSetting(model, "cpu", "float32", "float32", false, 256),
        responder,
        options,
        8,
        display);
  }

  private void writeLines(int count) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      lines.add("{\"custom_id\":\"q%d\",\"prompt\":\"number %d é\"}".formatted(i, i));
    }
    Files.write(input, lines);
  }

  /** The answers by line; fails on a line answered twice. */
  private TreeMap<Integer, JsonNode> answers() throws IOException {
    TreeMap<Integer, JsonNode> answers = new TreeMap<>();
    for (String line : Files.readAllLines(output)) {
      JsonNode answer = Json.line(line);
      assertThat(answers.put(answer.get("line").asInt(), answer)).as(line).isNull();
    }
    return answers;
  }
}
