package muninn.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import muninn.UserException;
import muninn.files.Json;
import muninn.text.ChatTemplate.Message;

/**
 * The prompt of a JSON object: one of {@code prompt}, {@code messages}, {@code tokens}.
 *
 * @param text the ids of a text to be continued
 * @param conversation the ids of messages to be answered
 */
public record PromptReader(
    Function<String, int[]> text, Function<List<Message>, int[]> conversation) {

  /** The fields that may hold a prompt. */
  public static final Set<String> FIELDS = Set.of("prompt", "messages", "tokens");

  private static final Set<String> MESSAGE = Set.of("role", "content", "name");

  /**
   * Reads it; a field that is null counts as not stated.
   *
   * @throws UserException when there is none, more than one, or what is there is no prompt
   */
  public int[] read(ObjectNode object) {
    List<String> stated =
        object.properties().stream()
            .filter(field -> FIELDS.contains(field.getKey()) && !field.getValue().isNull())
            .map(Map.Entry::getKey)
            .toList();
    if (stated.isEmpty()) {
      throw new UserException("no prompt: state one of prompt, messages, tokens");
    }
    if (stated.size() > 1) {
      throw UserException.of("both %s and %s are given: state one", stated.get(0), stated.get(1));
    }
    JsonNode value = object.get(stated.getFirst());
    return switch (stated.getFirst()) {
      case "prompt" ->
          value.isArray() ? ids("prompt", value) : text.apply(Values.string("prompt", value));
      case "messages" -> conversation.apply(messages(value));
      default -> ids("tokens", value);
    };
  }

  /**
   * Reads what may be several prompts: {@code prompt} as a text, a list of texts, a list of ids, or
   * a list of such lists.
   *
   * @throws UserException as {@link #read} does
   */
  public List<int[]> readAll(ObjectNode object) {
    JsonNode list = object.path("prompt");
    if (!list.isArray() || list.isEmpty() || list.get(0).isNumber()) {
      return List.of(read(object));
    }
    List<int[]> all = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      String place = "prompt[" + i + "]";
      JsonNode one = list.get(i);
      all.add(one.isArray() ? ids(place, one) : text.apply(Values.string(place, one)));
    }
    return all;
  }

  /**
   * Token ids.
   *
   * @param field what the list is called
   * @throws UserException when it is no list of whole numbers, or empty
   */
  public static int[] ids(String field, JsonNode array) {
    if (!array.isArray() || array.isEmpty()) {
      throw UserException.of(
          "%s is %s, wanted a list of token ids that is not empty", field, Values.found(array));
    }
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = Values.integer(field + "[" + i + "]", array.get(i));
    }
    return ids;
  }

  private static List<Message> messages(JsonNode array) {
    if (!array.isArray() || array.isEmpty()) {
      throw UserException.of(
          "messages is %s, wanted a list with at least one message", Values.found(array));
    }
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      messages.add(message("messages[" + i + "]", array.get(i)));
    }
    return messages;
  }

  private static Message message(String place, JsonNode message) {
    if (!message.isObject()) {
      throw UserException.of(
          "%s is %s, wanted an object with role and content", place, Values.found(message));
    }
    for (Map.Entry<String, JsonNode> field : message.properties()) {
      JsonNode value = field.getValue();
      boolean empty = value.isNull() || (value.isContainerNode() && value.isEmpty());
      if (!MESSAGE.contains(field.getKey()) && !empty) {
        throw UserException.of(
            "unknown field %s.%s: a message has role, content and, where it has one, a name",
            place, Json.shortened(field.getKey()));
      }
    }
    return new Message(
        Values.string(place + ".role", message.path("role")),
        content(place + ".content", message.path("content")),
        message.hasNonNull("name") ? Values.string(place + ".name", message.get("name")) : null);
  }

  /** A text, or parts of one. */
  private static String content(String place, JsonNode content) {
    if (!content.isArray()) {
      return Values.string(place, content);
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < content.size(); i++) {
      JsonNode part = content.get(i);
      String at = place + "[" + i + "]";
      if (part.isTextual()) {
        text.append(Values.string(at, part));
      } else if (part.path("type").asText().equals("text")) {
        text.append(Values.string(at + ".text", part.path("text")));
      } else {
        throw UserException.of(
            "%s.type is %s, wanted \"text\": the model reads nothing else",
            at, Values.found(part.path("type")));
      }
    }
    return text.toString();
  }
}
