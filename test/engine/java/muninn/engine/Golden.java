package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import muninn.engine.answer.Completion;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Thinking;
import muninn.model.KvSharing;
import org.assertj.core.data.Offset;

/** Answers of the reference implementation; {@code golden/README.md} explains the fields. */
final class Golden {
  static final List<String> CHECKPOINTS = List.of("raven-nano", "raven-sharded-bf16");

  /** How far logits and latents may be from the reference's. */
  static final Offset<Float> TOLERANCE = Offset.offset(2e-4f);

  private Golden() {}

  static Path folder(String checkpoint) {
    return resource("/golden/" + checkpoint);
  }

  private static Path resource(String name) {
    try {
      return Path.of(Golden.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Answers about a checkpoint.
   *
   * @param kind null for all
   */
  static List<JsonNode> cases(String checkpoint, String kind) {
    return cases(folder(checkpoint).resolve("cases.json"), kind);
  }

  /** Answers derived from the reference's code where it has none of its own. */
  static List<JsonNode> derivedCases(String checkpoint, String kind) {
    return cases(folder(checkpoint).resolve("derived.json"), kind);
  }

  /** Answers of the kinds in {@code depth/README.md}, about raven-nano. */
  static List<JsonNode> depthCases(String kind) {
    return cases(resource("/depth").resolve("cases.json"), kind);
  }

  private static List<JsonNode> cases(Path file, String kind) {
    try {
      JsonNode all = new ObjectMapper().readTree(file.toFile());
      List<JsonNode> found = new ArrayList<>();
      all.get("cases").forEach(found::add);
      found.removeIf(c -> kind != null && !c.get("kind").asText().equals(kind));
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The name of a sharing in the reference, which counts blocks, as ours in recurrences. */
  static KvSharing sharing(String reference, int blocks) {
    String compress = reference.substring("latest-m4-compress-".length());
    if (compress.equals("anchor")) {
      return KvSharing.parse("first:8");
    }
    int count = Integer.parseInt(compress.substring(1));
    return KvSharing.parse(
        compress.startsWith("s") ? "mod:" + count / blocks : "div-blocks:" + count);
  }

  /** What the engine answers where the reference answered greedily, from a zero state. */
  static Completion answer(Engine engine, JsonNode c, Thinking thinking) {
    Request request =
        new Request(
            ints(c.get("prompt")),
            Options.DEFAULT
                .withSteps(c.get("steps").asInt())
                .withMaxTokens(c.get("tokens").size())
                .withInitScale(0f)
                .withIgnoreEos(true)
                .withThinking(thinking));
    return engine.submit(request).completion().join();
  }

  /**
   * Holds the last positions' logits, as many as the reference tells, and the last latent against
   * the reference's.
   */
  static void assertForward(Engine engine, JsonNode c) {
    int[] prompt = ints(c.get("prompt"));
    Engine.Inspection seen = engine.inspect(prompt, c.get("steps").asInt(), 0f, 0L);
    assertThat(seen.logits()).hasSize(prompt.length);
    float[] wanted = floats(c.get("logits"));
    int vocabulary = c.get("logits_shape").get(1).asInt();
    int positions = wanted.length / vocabulary;
    for (int p = 0; p < positions; p++) {
      assertThat(seen.logits().get(prompt.length - positions + p))
          .as("%d steps, position %d of %s", c.get("steps").asInt(), p, Arrays.toString(prompt))
          .containsExactly(
              Arrays.copyOfRange(wanted, p * vocabulary, (p + 1) * vocabulary), TOLERANCE);
    }
    assertThat(seen.latent()).containsExactly(floats(c.get("latent_last")), TOLERANCE);
  }

  static Integer[] boxed(JsonNode array) {
    return Arrays.stream(ints(array)).boxed().toArray(Integer[]::new);
  }

  static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  static float[] floats(JsonNode array) {
    float[] all = new float[array.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) array.get(i).asDouble();
    }
    return all;
  }
}
