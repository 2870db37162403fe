package muninn.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import muninn.Progress;
import org.junit.jupiter.api.Test;

/** What a pull brings, where it lies, and what is not asked for again. */
class PullTest extends Pulls {
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
  void anEmptyFileIsAFileToo() throws Exception {
    hub.with("chat_template.jinja", "");

    assertThat(pull(ID).snapshot().resolve("chat_template.jinja")).hasContent("");
  }
}
