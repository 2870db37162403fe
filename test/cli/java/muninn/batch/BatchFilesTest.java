package muninn.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import muninn.Progress;
import muninn.UserException;
import muninn.engine.request.Options;
import muninn.engine.request.Thinking;
import muninn.files.Json;
import muninn.model.KvSharing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What a job does about files that are not as it left them, or not its own. */
class BatchFilesTest {
  private static final int LINES = 3_000; // more than is read at once

  private static final Options OPTIONS = Options.DEFAULT.withSteps(8).withMaxTokens(32);

  @TempDir Path folder;
  private final FakeResponder responder = new FakeResponder();
  private Path input;
  private Path output;
  private Path record;

  @BeforeEach
  void files() throws IOException {
    input = folder.resolve("in.jsonl");
    output = folder.resolve("out.jsonl");
    record = folder.resolve("out.jsonl.job");
  }

  @AfterEach
  void close() {
    responder.close();
  }

  private interface Disturbance {
    void happens(Path file) throws IOException;
  }

  private static Map<String, Disturbance> disturbances() {
    return Map.of(
        "shortened",
        file -> {
          try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() / 2);
          }
        },
        "extended",
        file -> Files.writeString(file, "{}\n", StandardOpenOption.APPEND),
        "replaced",
        file -> {
          Path other = file.resolveSibling("other");
          Files.copy(file, other, StandardCopyOption.COPY_ATTRIBUTES);
          Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        },
        "deleted",
        Files::delete);
  }

  @TestFactory
  Stream<DynamicTest> anInputThatIsChangedEndsTheJobWhichCanBeContinued() {
    Map<String, Disturbance> all = new TreeMap<>(disturbances());
    all.put("touched", file -> Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH)));
    all.put(
        "edited, with its time set back",
        file -> {
          FileTime before = Files.getLastModifiedTime(file);
          Files.write(
              file,
              Files.readString(file).replace("number 2999", "number 9999").getBytes(UTF_8),
              StandardOpenOption.WRITE);
          Files.setLastModifiedTime(file, before);
        });
    return all.entrySet().stream()
        .map(
            entry -> DynamicTest.dynamicTest(entry.getKey(), () -> disturbInput(entry.getValue())));
  }

  private void disturbInput(Disturbance disturbance) throws IOException {
    Files.deleteIfExists(output);
    writeLines(LINES);
    byte[] whole = Files.readAllBytes(input);

    assertThatThrownBy(() -> job(once(() -> disturbance.happens(input))).run(false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("in.jsonl changed while it was read (")
        .hasMessageContaining("the answers so far are kept");

    int kept = answers().size();
    assertThat(kept).isLessThan(LINES);
    Files.write(input, whole);
    Summary rest = job(Progress.Display.NONE).run(false);
    assertThat(rest.earlier()).isEqualTo(kept);
    assertThat(answers()).hasSize(LINES);
    answers().values().forEach(answer -> assertThat(answer.has("error")).isFalse());
  }

  @TestFactory
  Stream<DynamicTest> anOutputThatIsChangedIsNotWrittenToAnyMore() {
    return disturbances().entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(entry.getKey(), () -> disturbOutput(entry.getValue())));
  }

  private void disturbOutput(Disturbance disturbance) throws IOException {
    Files.deleteIfExists(output);
    writeLines(LINES);

    assertThatThrownBy(() -> job(once(() -> disturbance.happens(output))).run(false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("out.jsonl was changed by somebody else (");

    // A hole, where a line was written behind the end of a shortened file, would be NUL bytes.
    assertThat(!Files.exists(output) || !Files.readString(output).contains("\0")).isTrue();
  }

  @Test
  void refusesAnInputThatLiesWhereTheRecordWould() throws IOException {
    input = record;
    Files.writeString(input, "{\"prompt\":\"a\"}\n");

    assertThatThrownBy(() -> job(Progress.Display.NONE).run(true))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("out.jsonl.job is the input and would be overwritten with the job's");
    assertThat(input).hasContent("{\"prompt\":\"a\"}\n");
    assertThat(output).doesNotExist();
  }

  @Test
  void refusesToWriteToItsInputUnderAnyOtherName() throws IOException {
    writeLines(1);
    byte[] whole = Files.readAllBytes(input);
    Path link = Files.createSymbolicLink(folder.resolve("link"), input);
    Path hard = Files.createLink(folder.resolve("hard"), input);
    Files.createSymbolicLink(folder.resolve("other.job"), input);
    Files.createLink(folder.resolve("another.job"), input);

    for (Path name :
        List.of(
            link,
            hard,
            folder.resolve("other"),
            folder.resolve("another"),
            folder.resolve("x/../in.jsonl"))) {
      output = name;
      assertThatThrownBy(() -> job(Progress.Display.NONE).run(true))
          .as(name.toString())
          .isInstanceOf(UserException.class);
      assertThat(input).hasBinaryContent(whole);
    }
  }

  @Test
  void whatIsInTheWayOfTheRecordIsRefusedAndStays() throws IOException {
    writeLines(3);
    Path elsewhere = folder.resolve("elsewhere");

    Files.createSymbolicLink(record, elsewhere);
    refusesWhatIsInTheWay();
    assertThat(elsewhere).doesNotExist();
    Files.delete(record);

    Files.createDirectory(record);
    refusesWhatIsInTheWay();
    Files.delete(record);

    Files.writeString(record, "my notes");
    refusesWhatIsInTheWay();
    assertThat(record).hasContent("my notes");

    Files.write(record, new byte[2 << 20]);
    refusesWhatIsInTheWay();
  }

  private void refusesWhatIsInTheWay() {
    assertThatThrownBy(() -> job(Progress.Display.NONE).run(true))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("out.jsonl.job is in the way of the job's record");
  }

  @Test
  void overwriteThrowsAwayOnlyWhatAJobWrote() throws IOException {
    writeLines(3);
    Files.writeString(output, "my notes\n");

    assertThatThrownBy(() -> job(Progress.Display.NONE).run(true))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("has content, but no out.jsonl.job beside it")
        .hasMessageContaining("move or delete it");
    assertThat(output).hasContent("my notes\n");
  }

  @Test
  void aRecordWhoseWritingWasCutShortIsWrittenAnew() throws IOException {
    writeLines(3);
    job(Progress.Display.NONE).run(false);
    byte[] whole = Files.readAllBytes(record);
    for (int bytes = 0; bytes < whole.length; bytes += 7) {
      Files.write(record, java.util.Arrays.copyOf(whole, bytes));
      Files.write(output, new byte[0]);

      assertThat(job(Progress.Display.NONE).run(false).answered()).isEqualTo(3);
      assertThat(record).hasBinaryContent(whole);
    }
  }

  @Test
  void theDeviceIsPartOfTheJobAndTheNumberOfLanesWhereAnswersDependOnIt() throws IOException {
    writeLines(3);
    run(new JobSetting("m", "cpu", "float32", "float32", false, 256), OPTIONS);
    run(new JobSetting("m", "cpu", "float32", "float32", false, 64), OPTIONS);
    assertThatThrownBy(
            () -> run(new JobSetting("m", "cuda", "bfloat16", "bfloat16", true, 256), OPTIONS))
        .hasMessageContaining("deterministic was false, is now true")
        .hasMessageContaining("device was cpu, is now cuda")
        .hasMessageContaining("dtype was float32, is now bfloat16");
    assertThatThrownBy(
            () -> run(new JobSetting("m", "cpu", "float32", "int8", false, 256), OPTIONS))
        .hasMessageContaining("kv_dtype was float32, is now int8");

    Files.delete(output);
    Options sharing = with(KvSharing.parse("mod:4"));
    run(new JobSetting("m", "cpu", "float32", "float32", false, 256), sharing);
    run(new JobSetting("m", "cpu", "float32", "float32", false, 128), sharing);
    assertThatThrownBy(
            () -> run(new JobSetting("m", "cpu", "float32", "float32", false, 64), sharing))
        .hasMessageContaining("max_lanes was 128, is now 64");

    Files.delete(output);
    Files.writeString(input, "{\"prompt\":\"a\",\"kv\":\"mod:4\"}\n");
    run(new JobSetting("m", "cpu", "float32", "float32", false, 256), OPTIONS);
    assertThatThrownBy(
            () -> run(new JobSetting("m", "cpu", "float32", "float32", false, 64), OPTIONS))
        .hasMessageContaining("max_lanes was 128, is now 64");
  }

  private static Options with(KvSharing kv) {
    return Options.DEFAULT.withSteps(8).withMaxTokens(32).withThinking(Thinking.PLAIN.withKv(kv));
  }

  private void run(JobSetting setting, Options options) {
    new BatchJob(
            JobInput.file(input),
            JobOutput.file(output),
            setting,
            responder,
            options,
            8,
            Progress.Display.NONE)
        .run(false);
  }

  @Test
  void theSecondLineOfACustomIdIsAnErrorInEveryRun() throws IOException {
    Files.writeString(
        input,
        """
        {"custom_id":"a","prompt":"x"}
        {"custom_id":1,"prompt":"x"}
        {"custom_id":"1","prompt":"x"}
        {"custom_id":"a","prompt":"y"}
        {"custom_id":null,"prompt":"x"}
        {"prompt":"x"}
        {"custom_id":1,"step":3}
        """);

    job(Progress.Display.NONE).run(false);
    TreeMap<Integer, JsonNode> whole = answers();

    assertThat(whole.get(4).get("error").asText())
        .isEqualTo("custom_id is that of line 1 too: give every line one of its own");
    assertThat(whole.get(7).get("error").asText()).contains("that of line 2");
    assertThat(whole.values().stream().filter(answer -> answer.has("error"))).hasSize(2);
    for (int kept = 0; kept < whole.size(); kept++) {
      List<String> lines = Files.readAllLines(output);
      Files.write(output, lines.subList(0, kept));
      job(Progress.Display.NONE).run(false);
      assertThat(answers()).as("%d answers kept", kept).isEqualTo(whole);
    }
  }

  @Test
  void aStreamIsAnsweredToAStreamAndNothingIsLeftBehind() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] lines = "\uFEFF{\"prompt\":\"ab\"}\r\n\r\n{\"prompt\":\"cd\"}".getBytes(UTF_8);

    Summary summary =
        new BatchJob(
                JobInput.stream(new ByteArrayInputStream(lines)),
                JobOutput.stream(out::writeBytes),
                new JobSetting("m", "cpu", "float32", "float32", false, 256),
                responder,
                OPTIONS,
                8,
                Progress.Display.NONE)
            .run(false);

    assertThat(summary.answered()).isEqualTo(2);
    assertThat(summary.blank()).isEqualTo(1);
    assertThat(out.toString(UTF_8)).contains("\"text\":\"ba\"").contains("\"text\":\"dc\"");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void answersToAStreamCannotBeContinuedButThrownAway() throws IOException {
    fromStream("{\"prompt\":\"ab\"}").run(false);

    assertThatThrownBy(() -> fromStream("{\"prompt\":\"ab\"}").run(false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("an earlier standard input, which cannot be read again")
        .hasMessageContaining("--overwrite");
    assertThat(fromStream("{\"prompt\":\"xy\"}").run(true).answered()).isEqualTo(1);
    assertThat(answers().get(1).get("text").asText()).isEqualTo("yx");
  }

  private BatchJob fromStream(String lines) {
    return new BatchJob(
        JobInput.stream(new ByteArrayInputStream(lines.getBytes(UTF_8))),
        JobOutput.file(output),
        new JobSetting("m", "cpu", "float32", "float32", false, 256),
        responder,
        OPTIONS,
        8,
        Progress.Display.NONE);
  }

  @Test
  void aDrainedJobAnswersWhatIsInFlightAndCanBeContinued() throws IOException {
    writeLines(LINES);
    BatchJob[] job = new BatchJob[1];
    job[0] = job(once(() -> job[0].drain()));

    Summary summary = job[0].run(false);

    assertThat(summary.stopped()).isTrue();
    assertThat(summary.answered()).isBetween(1L, 20L).isEqualTo(responder.requests.size());
    assertThat(job(Progress.Display.NONE).run(false).answered())
        .isEqualTo(LINES - summary.answered());
  }

  @Test
  void aJobOfErrorsAloneSaysSoAndNamesTheFirst() throws IOException {
    Files.writeString(input, "{\"prompt\":1}\n\n{\"step\":1}\n");

    Summary summary = job(Progress.Display.NONE).run(false);

    assertThat(summary.allFailed()).isTrue();
    assertThat(summary.firstError()).isEqualTo("line 1: prompt is 1, wanted a text");
    Files.writeString(input, "\n");
    assertThat(job(Progress.Display.NONE).run(true).allFailed()).as("nothing asked").isFalse();
  }

  private interface Action {
    void run() throws IOException;
  }

  /** Does something when the first answer is there. */
  private static Progress.Display once(Action action) {
    return (task, done, total) ->
        new Progress() {
          private boolean acted;

          @Override
          public void at(long now, long tokens) {
            if (!acted) {
              acted = true;
              try {
                action.run();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          }

          @Override
          public void close() {}
        };
  }

  private BatchJob job(Progress.Display display) {
    return new BatchJob(
        JobInput.file(input),
        JobOutput.file(output),
        new JobSetting("m", "cpu", "float32", "float32", false, 256),
        responder,
        OPTIONS,
        8,
        display);
  }

  private void writeLines(int count) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 1; i <= count; i++) {
      lines.append("{\"custom_id\":\"q").append(i).append("\",\"prompt\":\"number ").append(i);
      lines.append("\"}\n");
    }
    Files.writeString(input, lines);
  }

  private TreeMap<Integer, JsonNode> answers() throws IOException {
    TreeMap<Integer, JsonNode> answers = new TreeMap<>();
    for (String line : Files.readAllLines(output)) {
      JsonNode answer = Json.line(line);
      assertThat(answers.put(answer.get("line").asInt(), answer)).as(line).isNull();
    }
    return answers;
  }
}
