package muninn.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import muninn.Progress;
import muninn.UserException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PullTest {
  private static final ModelId ID = new ModelId(FakeHub.MODEL, "main");
  private static final String SHARD_1 = "model-00001-of-00002.safetensors";
  private static final String SHARD_2 = "model-00002-of-00002.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final String LISTING = "/api/models/" + FakeHub.MODEL + "/revision/main";

  @TempDir Path folder;
  private FakeHub hub;
  private final List<String> notes = Collections.synchronizedList(new ArrayList<>());
  private final List<Duration> pauses = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void open() throws IOException {
    hub = new FakeHub();
    hub.with("config.json", "{\"model_type\": \"huginn_raven\"}")
        .with("tokenizer.json", "{}")
        .with("chat_template.jinja", "{{ messages }}")
        .with("README.md", "read me")
        .with("modeling_raven.py", "import os")
        .with("pytorch_model.bin", "a pickle")
        .with("model.safetensors", bytes(300_000, 1));
  }

  @AfterEach
  void close() {
    hub.close();
  }

  @Test
  void theFilesThatAreLoadedComeAndNoOthers() throws Exception {
    Path snapshot = pull(ID).snapshot();

    assertThat(names(snapshot))
        .containsExactly(
            "chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json");
    for (String name : names(snapshot)) {
      assertThat(snapshot.resolve(name)).hasBinaryContent(hub.content(name));
    }
    assertThat(hub.downloads("pytorch_model.bin")).isZero();
  }

  @Test
  void theCacheIsLaidOutAsOtherProgramsExpectIt() throws Exception {
    Path snapshot = pull(ID).snapshot();

    Path model = folder.resolve("models--owner--model-1");
    assertThat(snapshot).isEqualTo(model.resolve("snapshots").resolve(hub.commit()));
    assertThat(model.resolve("refs/main")).hasContent(hub.commit());
    String etag = hub.etag("model.safetensors");
    assertThat(Files.readSymbolicLink(snapshot.resolve("model.safetensors")))
        .isEqualTo(Path.of("../../blobs/" + etag));
    assertThat(model.resolve("blobs").resolve(etag)).isRegularFile();
    assertThat(folder.resolve(".locks/models--owner--model-1/" + etag + ".lock")).exists();
    assertThat(folder.resolve("CACHEDIR.TAG")).content().startsWith("Signature: 8a477f597d28d172");
    try (Stream<Path> blobs = Files.list(model.resolve("blobs"))) {
      assertThat(blobs).hasSize(4).noneMatch(blob -> blob.toString().endsWith(".incomplete"));
    }
  }

  @Test
  void nothingIsDownloadedTwice() throws Exception {
    Pull.Result first = pull(ID);
    int asked = hub.asked().size();

    Pull.Result second = pull(ID);

    assertThat(second.snapshot()).isEqualTo(first.snapshot());
    assertThat(first.downloaded()).isGreaterThan(300_000);
    assertThat(second.downloaded()).isZero();
    assertThat(hub.asked()).hasSize(asked + 1); // which commit it is now
  }

  @Test
  void aNewCommitTakesTheContentsThatDidNotChange() throws Exception {
    pull(ID);
    hub.setCommit("f".repeat(40));
    hub.with("config.json", "{\"model_type\": \"ouro\"}");

    Pull.Result second = pull(ID);

    assertThat(second.downloaded()).isEqualTo(hub.content("config.json").length);
    assertThat(new HubCache(folder).require(ID)).isEqualTo(second.snapshot());
    assertThat(second.snapshot().getFileName()).hasToString("f".repeat(40));
  }

  @Test
  void shardsAreThoseThatTheIndexNames() throws Exception {
    hub.with(INDEX, "{\"weight_map\": {\"a\": \"" + SHARD_1 + "\", \"b\": \"" + SHARD_2 + "\"}}")
        .with(SHARD_1, bytes(1000, 2))
        .with(SHARD_2, bytes(2000, 3))
        .with("consolidated.safetensors", bytes(10, 4));
    assertThat(names(pull(ID).snapshot())).contains("model.safetensors").doesNotContain(SHARD_1);

    try (FakeHub other = new FakeHub()) {
      for (String name : List.of("config.json", INDEX, SHARD_1, SHARD_2)) {
        other.with(name, hub.content(name));
      }
      other.with("consolidated.safetensors", bytes(10, 4));
      other.setCommit("e".repeat(40));
      Path snapshot = pull(other, ID, 8).snapshot();
      assertThat(names(snapshot)).containsExactly("config.json", SHARD_1, SHARD_2, INDEX);
      assertThat(snapshot.resolve(SHARD_2)).hasBinaryContent(hub.content(SHARD_2));
    }
  }

  @Test
  void theTokenGoesToTheHubAndNowhereElse() throws Exception {
    hub.need("hf_secret", false);

    pull(settings(hub, Optional.of("hf_secret"), false), ID, 8);

    assertThat(hub.asked())
        .filteredOn(FakeHub.Asked::ofHub)
        .isNotEmpty()
        .allMatch(asked -> "Bearer hf_secret".equals(asked.token()));
    assertThat(hub.asked())
        .filteredOn(asked -> !asked.ofHub())
        .isNotEmpty()
        .allMatch(asked -> asked.token() == null);
  }

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
  void aHubThatIsBusyIsAskedAgainWhenItSays() throws Exception {
    hub.fault(LISTING, FakeHub.status(429, "Retry-After", "7"), FakeHub.status(503));
    hub.fault("model.safetensors", FakeHub.status(429, "RateLimit", "\"resolvers\";r=0;t=55"));

    pull(ID);

    assertThat(pauses)
        .containsExactly(Duration.ofSeconds(7), Duration.ofSeconds(2), Duration.ofSeconds(56));
    assertThat(notes.getFirst()).contains("too many requests").contains("trying again in 7 s");
  }

  @Test
  void aHubThatStaysBusyIsLeftAlone() {
    for (int i = 0; i < Patience.TRIES; i++) {
      hub.fault(LISTING, FakeHub.status(502));
    }
    assertThatThrownBy(() -> pull(ID))
        .hasMessageContaining("is in trouble (502), 5 times in a row: give the same command again");

    hub.fault(LISTING, FakeHub.status(429, "Retry-After", "3600"));
    assertThatThrownBy(() -> pull(ID))
        .hasMessageContaining("asks to be left alone for 60 minutes: give the same command again");
  }

  @Test
  void whatIsNotThereOrNotAllowedIsSaidWithTheRemedy() {
    assertThat(refusal(new ModelId("owner/nothing", "main")))
        .contains("has no model owner/nothing (404)")
        .contains("check the name");
    assertThat(refusal(new ModelId(FakeHub.MODEL, "v9")))
        .contains("owner/model-1 has no revision 'v9' (404)")
        .contains("/tree/main lists");
    hub.need("hf_secret", false);
    assertThat(refusal(ID)).contains("without a token (401)").contains("set HF_TOKEN");
    assertThatThrownBy(() -> pull(settings(hub, Optional.of("hf_wrong"), false), ID, 8))
        .hasMessageContaining("does not accept the token")
        .hasMessageContaining("settings/tokens")
        .message()
        .doesNotContain("hf_wrong");
    hub.need("hf_secret", true);
    assertThat(refusal(ID)).contains("is gated (401)").contains("set HF_TOKEN");
    assertThatThrownBy(() -> pull(settings(hub, Optional.of("hf_wrong"), false), ID, 8))
        .hasMessageContaining("is gated, and the token's owner has not been let in")
        .hasMessageContaining("ask for access at " + hub.address() + "/owner/model-1");
    hub.fault(
        LISTING, FakeHub.status(403, "X-Error-Message", "Access to this resource is disabled."));
    assertThat(refusal(ID)).contains("(403, \"Access to this resource is disabled.\")");
  }

  @Test
  void aRevisionIsToldFromAModelEvenWithoutTheHubsOwnCodes() {
    hub.withoutCodes();

    assertThat(refusal(new ModelId(FakeHub.MODEL, "v9"))).contains("has no revision 'v9'");
    assertThat(refusal(new ModelId("owner/nothing", "main"))).contains("has no model");
  }

  @Test
  void aRevisionOfSeveralPartsIsFoundAndNoted() throws Exception {
    hub.setRevision("refs/pr/1");
    ModelId id = new ModelId(FakeHub.MODEL, "refs/pr/1");

    Path snapshot = pull(id).snapshot();

    assertThat(new HubCache(folder).require(id)).isEqualTo(snapshot);
    assertThat(folder.resolve("models--owner--model-1/refs/refs/pr/1")).hasContent(hub.commit());
    assertThat(new HubCache(folder).find(ID)).isEmpty();
  }

  @Test
  void aCommitThatIsThereNeedsNoNetwork() throws Exception {
    pull(ID);
    int asked = hub.asked().size();

    pull(new ModelId(FakeHub.MODEL, hub.commit()));
    pull(settings(hub, Optional.empty(), true), ID, 8);

    assertThat(hub.asked()).hasSize(asked);
  }

  @Test
  void offlineNothingIsAskedFor() {
    assertThatThrownBy(() -> pull(settings(hub, Optional.empty(), true), ID, 8))
        .hasMessageContaining("HF_HUB_OFFLINE");
    assertThat(hub.asked()).isEmpty();
  }

  @Test
  void aHubThatCannotBeReachedIsSaidAtOnce() {
    hub.close();

    assertThat(refusal(ID))
        .contains("cannot be reached")
        .contains("check the network and the proxy (HTTPS_PROXY), or set HF_ENDPOINT to a mirror");
    assertThat(pauses).isEmpty();
  }

  @Test
  void whatIsNotTheHubIsSaid() {
    hub.fault(LISTING, FakeHub.instead("<html>log in</html>".getBytes(StandardCharsets.UTF_8)));
    assertThat(refusal(ID)).contains("does not answer as the Hugging Face hub does");
    hub.fault(LISTING, FakeHub.instead("{\"sha\": \"../x\"}".getBytes(StandardCharsets.UTF_8)));
    assertThat(refusal(ID)).contains("field sha is the text \"../x\", wanted a commit");
    hub.setEtag("model.safetensors", "../../../evil");
    assertThat(refusal(ID)).contains("has the etag '../../../evil', wanted a hash");
  }

  @Test
  void aRedirectWithoutEndOrToNowhereIsSaid() {
    FakeHub.Fault[] around = new FakeHub.Fault[11];
    Arrays.fill(around, FakeHub.status(307, "Location", LISTING));
    hub.fault(LISTING, around);
    assertThat(refusal(ID)).contains("from one address to another without end");
    hub.fault(LISTING, FakeHub.status(302, "Location", "file:///etc/passwd"));
    assertThat(refusal(ID)).contains("sends on to 'file:///etc/passwd', wanted an https address");
  }

  @Test
  void aModelThatWasRenamedIsFollowed() throws Exception {
    hub.setRevision("main");
    hub.fault(
        "/api/models/owner/old/revision/main",
        FakeHub.status(307, "Location", "/api/models/" + FakeHub.MODEL + "/revision/main"));
    for (String name : List.of("config.json", "tokenizer.json", "chat_template.jinja")) {
      moved(name);
    }
    moved("model.safetensors");

    assertThat(names(pull(new ModelId("owner/old", "main")).snapshot())).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../evil.safetensors", "/etc/x.safetensors", "a\\\\b.safetensors"})
  void anIndexCannotLeadOutOfTheFolder(String shard) throws Exception {
    try (FakeHub evil = new FakeHub()) {
      evil.with("config.json", "{}").with(INDEX, "{\"weight_map\": {\"a\": \"" + shard + "\"}}");

      assertThatThrownBy(() -> pull(evil, ID, 8))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("wanted a plain file name");
    }
  }

  @Test
  void aRepositoryWithoutWhatIsLoadedIsRefusedBeforeAnythingComes() throws Exception {
    try (FakeHub none = new FakeHub()) {
      none.with("README.md", "x");
      assertThatThrownBy(() -> pull(none, ID, 8)).hasMessageContaining("holds no config.json");
      none.with("config.json", "{}").with("pytorch_model.bin", "x");
      assertThatThrownBy(() -> pull(none, ID, 8))
          .hasMessageContaining("no weights as safetensors")
          .hasMessageContaining("run code when they are loaded");
      assertThat(none.downloads("config.json")).isZero();
    }
  }

  @Test
  void severalPullsAtOnceDownloadEachContentOnce() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Callable<Pull.Result>> pulls = Collections.nCopies(4, () -> pull(ID));
      List<Future<Pull.Result>> results = threads.invokeAll(pulls);

      assertThat(new HashSet<>(results.stream().map(PullTest::snapshot).toList())).hasSize(1);
    }
    assertThat(hub.downloads("model.safetensors")).isEqualTo(1);
    assertThat(hub.downloads("tokenizer.json")).isEqualTo(1);
  }

  @Test
  void filesOfOneContentAreDownloadedOnce() throws Exception {
    hub.with("generation_config.json", "{}");

    Path snapshot = pull(ID).snapshot();

    assertThat(snapshot.resolve("generation_config.json")).hasContent("{}");
    assertThat(hub.downloads("generation_config.json") + hub.downloads("tokenizer.json"))
        .isEqualTo(1);
  }

  @Test
  void whatHasComeIsShownInBytes() throws Exception {
    Files.write(
        partial("model.safetensors"), Arrays.copyOf(hub.content("model.safetensors"), 200_000));
    List<Long> shown = Collections.synchronizedList(new ArrayList<>());

    new Pull(settings(hub, Optional.empty(), false), 8, notes::add, pauses::add)
        .run(
            ID,
            (task, done, total) -> {
              shown.addAll(List.of(done, total));
              return new Progress() {
                @Override
                public void at(long now, long tokens) {
                  shown.add(now);
                }

                @Override
                public void close() {}
              };
            });

    assertThat(shown.getFirst()).isEqualTo(200_000);
    assertThat(shown.getLast()).isEqualTo(shown.get(1));
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

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void anEmptyFileIsAFileToo() throws Exception {
    hub.with("chat_template.jinja", "");

    assertThat(pull(ID).snapshot().resolve("chat_template.jinja")).hasContent("");
  }

  private void moved(String name) {
    String to = "/" + FakeHub.MODEL + "/resolve/" + hub.commit() + "/" + name;
    FakeHub.Fault redirect = FakeHub.status(307, "Location", to);
    hub.fault("/owner/old/resolve/" + hub.commit() + "/" + name, redirect, redirect);
  }

  private String refusal(ModelId id) {
    try {
      pull(id);
    } catch (UserException e) {
      return e.getMessage();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("nothing was refused");
  }

  private Pull.Result pull(ModelId id) throws InterruptedException {
    return pull(hub, id, 8);
  }

  private Pull.Result pull(FakeHub from, ModelId id, int parallel) throws InterruptedException {
    return pull(settings(from, Optional.empty(), false), id, parallel);
  }

  private Pull.Result pull(HubSettings settings, ModelId id, int parallel)
      throws InterruptedException {
    return new Pull(settings, parallel, notes::add, pauses::add).run(id, Progress.Display.NONE);
  }

  private HubSettings settings(FakeHub from, Optional<String> token, boolean offline) {
    return new HubSettings(from.endpoint(), token, folder, offline);
  }

  private Path partial(String name) throws IOException {
    Path blobs = folder.resolve("models--owner--model-1/blobs");
    Files.createDirectories(blobs);
    return blobs.resolve(hub.etag(name) + ".incomplete");
  }

  private List<String> ranges() {
    return hub.asked().stream()
        .filter(asked -> !asked.ofHub() && asked.range() != null)
        .map(FakeHub.Asked::range)
        .toList();
  }

  private static Path snapshot(Future<Pull.Result> result) {
    return result.resultNow().snapshot();
  }

  private static List<String> names(Path snapshot) throws IOException {
    try (Stream<Path> files = Files.list(snapshot)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static byte[] bytes(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
