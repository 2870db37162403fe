package muninn.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;
import muninn.UserException;
import muninn.files.Json;

/**
 * A line as OpenAI's batches have it, {@code custom_id}, {@code method}, {@code url} and {@code
 * body}; its answer is wrapped alike.
 */
record Envelope(ObjectNode line) {
  private static final Set<String> FIELDS = Set.of("custom_id", "method", "url", "body");

  /** The envelope of a line; null where it has none. */
  static Envelope of(ObjectNode line) {
    return line.has("body") || line.has("url") || line.has("method") ? new Envelope(line) : null;
  }

  /**
   * What it asks.
   *
   * @throws UserException when that cannot be answered
   */
  ObjectNode body() {
    for (Map.Entry<String, JsonNode> field : line.properties()) {
      if (!FIELDS.contains(field.getKey())) {
        throw UserException.of(
            "unknown field %s beside body: options stand in the body",
            Json.shortened(field.getKey()));
      }
    }
    JsonNode method = line.path("method");
    if (!method.isMissingNode() && !"POST".equals(method.textValue())) {
      throw UserException.of("method is %s, wanted \"POST\"", Values.found(method));
    }
    kind();
    if (!(line.path("body") instanceof ObjectNode body)) {
      throw UserException.of("body is %s, wanted an object", Values.found(line.path("body")));
    }
    if (body.hasNonNull("model")) {
      Values.string("model", body.get("model")); // the answer is to repeat it
    }
    return body;
  }

  /** What the asker calls the model. */
  String model() {
    return line.path("body").path("model").asText("muninn");
  }

  /** Which object is wanted. */
  OpenAiJson.Kind kind() {
    return OpenAiJson.Kind.of(Values.string("url", line.path("url")));
  }
}
