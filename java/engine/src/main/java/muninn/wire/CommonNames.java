package muninn.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import muninn.UserException;

/**
 * Fields of requests as OpenAI's and vLLM's interfaces have them, where they are spelled otherwise
 * than ours or say nothing about the answer's text: {@code max_completion_tokens}, {@code
 * max_loops} and {@code min_loops} for steps, {@code logprobs} true with {@code top_logprobs}, the
 * model's name and the caller's own notes.
 */
final class CommonNames {
  /** What a request may say that changes no answer. */
  private static final Set<String> NOTES =
      Set.of(
          "model",
          "user",
          "metadata",
          "store",
          "service_tier",
          "safety_identifier",
          "prompt_cache_key",
          "prompt_cache_retention",
          "request_id");

  /** What is read here and is no option of ours. */
  static final Set<String> ALL =
      Stream.concat(
              NOTES.stream(),
              Stream.of(
                  "max_completion_tokens",
                  "max_loops",
                  "min_loops",
                  "top_logprobs",
                  "stream",
                  "response_format"))
          .collect(Collectors.toUnmodifiableSet());

  private CommonNames() {}

  /**
   * The fields that are not null, by our names.
   *
   * @throws UserException where what is asked for cannot be given
   */
  static Map<String, JsonNode> translated(ObjectNode object) {
    Map<String, JsonNode> fields = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (!field.getValue().isNull() && !NOTES.contains(field.getKey())) {
        fields.put(field.getKey(), field.getValue());
      }
    }
    rename(fields, "max_completion_tokens", "max_tokens");
    rename(fields, "max_loops", "steps");
    rename(fields, "min_loops", "min_steps");
    logProbs(fields);
    only(fields, "stream", value -> value.isBoolean() && !value.booleanValue(), "false");
    only(
        fields,
        "response_format",
        value -> value.path("type").asText().equals("text"),
        "{\"type\":\"text\"}");
    return fields;
  }

  private static void rename(Map<String, JsonNode> fields, String theirs, String ours) {
    JsonNode value = fields.remove(theirs);
    if (value == null) {
      return;
    }
    JsonNode other = fields.put(ours, value);
    if (other != null && !other.equals(value)) {
      throw UserException.of("both %s and %s are given: state one", ours, theirs);
    }
  }

  private static void logProbs(Map<String, JsonNode> fields) {
    JsonNode top = fields.remove("top_logprobs");
    JsonNode asked = fields.get("logprobs");
    boolean wanted = asked != null && asked.isBoolean() && asked.booleanValue();
    if (asked != null && asked.isBoolean()) {
      fields.remove("logprobs");
    }
    if (wanted) {
      fields.put("logprobs", top == null ? IntNode.valueOf(0) : top);
    } else if (top != null && !isNumber(top, 0)) {
      throw UserException.of(
          "top_logprobs is %s, wanted with logprobs true, whose alternatives it counts",
          Values.found(top));
    }
  }

  private interface Test {
    boolean holds(JsonNode value);
  }

  private static void only(
      Map<String, JsonNode> fields, String name, Test accepted, String wanted) {
    JsonNode value = fields.remove(name);
    if (value != null && !accepted.holds(value)) {
      throw UserException.of(
          "%s is %s, wanted %s: nothing else can be answered here",
          name, Values.found(value), wanted);
    }
  }

  private static boolean isNumber(JsonNode value, int number) {
    return value.isNumber() && value.doubleValue() == number;
  }
}
