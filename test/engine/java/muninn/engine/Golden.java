package muninn.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;

/** Answers of the reference implementation; {@code golden/README.md} explains the fields. */
final class Golden {
  static final List<String> CHECKPOINTS = List.of("raven-nano", "raven-sharded-bf16");

  private Golden() {}

  static Path folder(String checkpoint) {
    try {
      return Path.of(Golden.class.getResource("/golden/" + checkpoint).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<JsonNode> cases(String checkpoint, String kind) {
    try {
      JsonNode all = new ObjectMapper().readTree(folder(checkpoint).resolve("cases.json").toFile());
      List<JsonNode> found = new ArrayList<>();
      all.get("cases").forEach(found::add);
      found.removeIf(c -> !c.get("kind").asText().equals(kind));
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
