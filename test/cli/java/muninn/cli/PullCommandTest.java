package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import muninn.hub.FakeHub;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each command runs as a process of its own, which the environment tells where the hub is. */
class PullCommandTest {
  @TempDir Path folder;

  @Test
  void aModelThatWasPulledRunsByItsName() throws Exception {
    try (FakeHub hub = new FakeHub().with(Path.of(Cli.nano()))) {
      Cli.Result before = run(hub, "inspect", FakeHub.MODEL);
      assertThat(before.code()).isEqualTo(1);
      assertThat(before.err())
          .contains("there is no folder owner/model-1 here")
          .contains("'muninn pull owner/model-1' downloads it")
          .hasLineCount(1);
      assertThat(hub.asked()).as("unasked").isEmpty();

      Cli.Result pulled = run(hub, "pull", FakeHub.MODEL);
      assertThat(pulled.code()).isZero();
      Path snapshot = Path.of(pulled.out().strip());
      assertThat(snapshot).startsWith(folder.resolve("home/hub")).isDirectory();
      assertThat(pulled.err()).contains("downloaded; --model owner/model-1 runs it");

      String[] generate = {"generate", "--tokens", "1,2", "-n", "3", "--seed", "1", "--model"};
      assertThat(run(hub, with(generate, FakeHub.MODEL + "@main")).out())
          .isNotBlank()
          .isEqualTo(Cli.run(with(generate, Cli.nano())).out());
    }
  }

  @Test
  void whatIsOnlyInPartInTheCacheIsNotOpened() throws Exception {
    try (FakeHub hub = new FakeHub()) {
      Path model = folder.resolve("home/hub/models--owner--model-1");
      Files.createDirectories(model.resolve("refs"));
      Files.writeString(model.resolve("refs/main"), hub.commit());
      Path snapshot = Files.createDirectories(model.resolve("snapshots").resolve(hub.commit()));
      Files.writeString(snapshot.resolve("config.json"), "{}");

      assertThat(run(hub, "inspect", FakeHub.MODEL).err())
          .contains("owner/model-1 is only in part in the cache, without model.safetensors")
          .contains("'muninn pull owner/model-1' downloads the rest");
    }
  }

  @Test
  void aRefusalIsOneSentence() throws Exception {
    try (FakeHub hub = new FakeHub()) {
      Cli.Result result = run(hub, "pull", "owner/nothing", "--revision", "v1");

      assertThat(result.code()).isEqualTo(1);
      assertThat(result.err())
          .startsWith("muninn: ")
          .contains("no model owner/nothing")
          .hasLineCount(1);
    }
  }

  @Test
  void whatIsNoModelIsBadUsage() {
    Cli.Result result = Cli.run("pull", "../x");

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("MODEL ../x: must be a model on the hub");
    assertThat(Cli.run("pull", "a/b@v1", "--revision", "v2").err())
        .contains("--revision v2: must be left out");
  }

  @Test
  void progressIsABarOnATerminalAndALineNowAndThenElsewhere() {
    StringWriter text = new StringWriter();
    TransferProgress bar =
        new TransferProgress(new PrintWriter(text), true, "pulling a/b", 0, 2_000_000_000L, 0);
    bar.show(500_000_000, 100_000_000);
    assertThat(text.toString()).isEmpty();
    bar.show(1_000_000_000, 10_000_000_000L);
    assertThat(text.toString())
        .isEqualTo(
            "\rpulling a/b [===============               ] 1.00 of 2.00 GB, 100.0 MB/s, 0:00:10 to"
                + " go");

    StringWriter lines = new StringWriter();
    TransferProgress log =
        new TransferProgress(new PrintWriter(lines), false, "pulling a/b", 0, 2_000_000_000L, 0);
    log.show(500_000_000, 9_000_000_000L);
    log.show(1_000_000_000, 10_000_000_000L);
    log.close();
    assertThat(lines.toString()).hasLineCount(1).startsWith("pulling a/b: 1.00 of 2.00 GB");
  }

  private static String[] with(String[] arguments, String last) {
    String[] all = Arrays.copyOf(arguments, arguments.length + 1);
    all[arguments.length] = last;
    return all;
  }

  private Cli.Result run(FakeHub hub, String... arguments)
      throws IOException, InterruptedException {
    Path err = Files.createTempFile(folder, "err", "");
    Map<String, String> environment =
        Map.of("HF_ENDPOINT", hub.address(), "HF_HOME", folder.resolve("home").toString());
    Process process = Cli.start(environment, err, arguments);
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String said = Files.readString(err).replaceFirst("WARNING: Using incubator modules: .*\\R", "");
    return new Cli.Result(process.waitFor(), out, said);
  }
}
