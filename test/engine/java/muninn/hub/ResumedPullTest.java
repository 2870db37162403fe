package muninn.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import muninn.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads that break, change or bring something else, and what is kept of them. */
class ResumedPullTest extends Pulls {
  @Test
  void aDownloadThatBreaksGoesOnWhereItBroke() throws Exception {
    hub.fault("model.safetensors", FakeHub.cutAfter(100_000), FakeHub.cutAfter(50_000));

    Pull.Result result = pull(ID);

    assertThat(result.snapshot().resolve("model.safetensors"))
        .hasBinaryContent(hub.content("model.safetensors"));
    assertThat(hub.downloads("model.safetensors")).isEqualTo(3);
    assertThat(ranges()).hasSize(2);
    assertThat(notes).hasSize(2).allMatch(note -> note.contains("trying again in 1 s"));
  }

  @Test
  void aDownloadThatWasGivenUpGoesOnWhenTheCommandIsGivenAgain() throws Exception {
    hub.fault("model.safetensors", FakeHub.cutAfter(100_000));
    for (int i = 1; i < Patience.TRIES + 1; i++) {
      hub.fault("model.safetensors", FakeHub.cutAfter(0));
    }

    assertThatThrownBy(() -> pull(ID))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("5 times in a row")
        .hasMessageContaining("give the same command again to go on from there");
    assertThat(new HubCache(folder).find(ID)).isEmpty();

    Pull.Result result = pull(ID);
    assertThat(result.snapshot().resolve("model.safetensors"))
        .hasBinaryContent(hub.content("model.safetensors"));
    assertThat(ranges().getLast()).isEqualTo("bytes=100000-");
    assertThat(result.downloaded()).isLessThan(201_000);
  }

  @Test
  void whatAnotherProgramLeftIncompleteIsTaken() throws Exception {
    byte[] content = hub.content("model.safetensors");
    Path partial = partial("model.safetensors");
    Files.write(partial, Arrays.copyOf(content, 250_000));

    pull(ID);

    assertThat(ranges()).containsExactly("bytes=250000-");
    assertThat(partial).doesNotExist();
  }

  @Test
  void whatIsNoBeginningOfTheFileIsThrownAway() throws Exception {
    Files.write(partial("model.safetensors"), bytes(250_000, 9));

    Path snapshot = pull(ID).snapshot();

    assertThat(snapshot.resolve("model.safetensors"))
        .hasBinaryContent(hub.content("model.safetensors"));
    assertThat(hub.downloads("model.safetensors")).isEqualTo(2);
  }

  @Test
  void whatIsLongerThanTheFileIsThrownAway() throws Exception {
    Files.write(partial("model.safetensors"), bytes(300_001, 9));

    assertThat(pull(ID).snapshot().resolve("model.safetensors"))
        .hasBinaryContent(hub.content("model.safetensors"));
    assertThat(ranges()).isEmpty();
  }

  @Test
  void aFileThatBecameAnotherSinceItBrokeComesWhole() throws Exception {
    hub.fault("model.safetensors", FakeHub.cutAfter(100_000));
    for (int i = 0; i < Patience.TRIES; i++) {
      hub.fault("model.safetensors", FakeHub.cutAfter(0));
    }
    assertThatThrownBy(() -> pull(ID)).isInstanceOf(UserException.class);
    hub.setCommit("d".repeat(40));
    hub.with("model.safetensors", bytes(299_999, 5));

    assertThat(pull(ID).snapshot().resolve("model.safetensors"))
        .hasBinaryContent(hub.content("model.safetensors"));
  }

  @Test
  void aFileThatChangesWhileItIsDownloadedIsSaid() throws Exception {
    String path = "/" + FakeHub.MODEL + "/resolve/" + hub.commit() + "/tokenizer.json";
    hub.fault(
        path,
        FakeHub.status(
            200, "ETag", "\"" + hub.etag("tokenizer.json") + "\"", "Content-Length", "2"),
        FakeHub.status(200, "ETag", "\"" + "a".repeat(40) + "\""));

    assertThatThrownBy(() -> pull(ID))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("tokenizer.json of owner/model-1 was changed on the hub");
  }

  @Test
  void aServerThatIgnoresRangesSendsAllAgain() throws Exception {
    hub.fault("model.safetensors", FakeHub.cutAfter(100_000), FakeHub.whole());

    assertThat(pull(ID).snapshot().resolve("model.safetensors"))
        .hasBinaryContent(hub.content("model.safetensors"));
  }

  @Test
  void anAnswerToAnotherRangeIsNotTaken() throws Exception {
    hub.fault(
        "model.safetensors",
        FakeHub.cutAfter(100_000),
        FakeHub.status(206, "Content-Range", "bytes 5-299999/300000"),
        FakeHub.status(416));

    assertThat(pull(ID).snapshot().resolve("model.safetensors"))
        .hasBinaryContent(hub.content("model.safetensors"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.safetensors", "tokenizer.json"})
  void aContentThatIsNotWhatTheHubSaysIsNotKept(String name) {
    byte[] other = hub.content(name).clone();
    other[0]++;
    hub.fault(name, FakeHub.instead(other));

    assertThatThrownBy(() -> pull(ID))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(name + " of owner/model-1 came with another content")
        .hasMessageContaining(hub.etag(name));
    assertThat(folder.resolve("models--owner--model-1/blobs").resolve(hub.etag(name)))
        .doesNotExist();
    assertThat(new HubCache(folder).find(ID)).isEmpty();
  }

  @Test
  void aBodyThatIsShorterThanTheHubSaysIsNotTaken() {
    byte[] part = Arrays.copyOf(hub.content("model.safetensors"), 1000);
    hub.fault("model.safetensors", FakeHub.instead(part));
    for (int i = 0; i < Patience.TRIES; i++) {
      hub.fault("model.safetensors", FakeHub.status(206, "Content-Range", "bytes 1000-/300000"));
    }

    assertThatThrownBy(() -> pull(ID))
        .hasMessageContaining("ended model.safetensors after 1,000 of 300,000 bytes, 5 times");
  }

  @Test
  void aBodyThatIsLongerThanTheHubSaysIsNotTaken() {
    hub.fault("model.safetensors", FakeHub.instead(bytes(300_001, 1)));

    assertThatThrownBy(() -> pull(ID))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("sends more of model.safetensors than its 300,000 bytes");
  }

  @Test
  void whoIsInterruptedKeepsWhatCame() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    Path partial = partial("model.safetensors");
    hub.fault(
        "model.safetensors",
        (exchange, content) -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content, 0, 100_000);
          exchange.getResponseBody().flush();
          await(end);
          exchange.close();
        });
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    pull(ID);
                    ended.complete(null);
                  } catch (Throwable e) {
                    ended.complete(e);
                  }
                });
    while (!Files.exists(partial) || Files.size(partial) < 100_000) {
      Thread.sleep(5);
    }

    thread.interrupt();

    assertThat(ended.get()).isInstanceOf(InterruptedException.class);
    end.countDown();
    assertThat(pull(ID).downloaded()).isLessThan(201_000);
  }
}
