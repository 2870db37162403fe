package muninn.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import muninn.Progress;
import muninn.UserException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Pulls of a small model from a hub of the test's own. */
abstract class Pulls {
  static final ModelId ID = new ModelId(FakeHub.MODEL, "main");
  static final String SHARD_1 = "model-00001-of-00002.safetensors";
  static final String SHARD_2 = "model-00002-of-00002.safetensors";
  static final String INDEX = "model.safetensors.index.json";
  static final String LISTING = "/api/models/" + FakeHub.MODEL + "/revision/main";

  @TempDir Path folder;
  FakeHub hub;
  final List<String> notes = Collections.synchronizedList(new ArrayList<>());
  final List<Duration> pauses = Collections.synchronizedList(new ArrayList<>());

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

  static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void moved(String name) {
    String to = "/" + FakeHub.MODEL + "/resolve/" + hub.commit() + "/" + name;
    FakeHub.Fault redirect = FakeHub.status(307, "Location", to);
    hub.fault("/owner/old/resolve/" + hub.commit() + "/" + name, redirect, redirect);
  }

  String refusal(ModelId id) {
    try {
      pull(id);
    } catch (UserException e) {
      return e.getMessage();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("nothing was refused");
  }

  Pull.Result pull(ModelId id) throws InterruptedException {
    return pull(hub, id, 8);
  }

  Pull.Result pull(FakeHub from, ModelId id, int parallel) throws InterruptedException {
    return pull(settings(from, Optional.empty(), false), id, parallel);
  }

  Pull.Result pull(HubSettings settings, ModelId id, int parallel) throws InterruptedException {
    return new Pull(settings, parallel, notes::add, pauses::add).run(id, Progress.Display.NONE);
  }

  HubSettings settings(FakeHub from, Optional<String> token, boolean offline) {
    return new HubSettings(from.endpoint(), token, folder, offline);
  }

  Path partial(String name) throws IOException {
    Path blobs = folder.resolve("models--owner--model-1/blobs");
    Files.createDirectories(blobs);
    return blobs.resolve(hub.etag(name) + ".incomplete");
  }

  List<String> ranges() {
    return hub.asked().stream()
        .filter(asked -> !asked.ofHub() && asked.range() != null)
        .map(FakeHub.Asked::range)
        .toList();
  }

  static Path snapshot(Future<Pull.Result> result) {
    return result.resultNow().snapshot();
  }

  static List<String> names(Path snapshot) throws IOException {
    try (Stream<Path> files = Files.list(snapshot)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  static byte[] bytes(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
