package muninn.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import muninn.UserException;
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
      case "prompt" -> text.apply(Values.string("prompt", value));
      case "messages" -> conversation.apply(messages(value));
      default -> ids(value);
    };
  }

  private static int[] ids(JsonNode array) {
    if (!array.isArray() || array.isEmpty()) {
      throw UserException.of(
          "tokens is %s, wanted a list of token ids that is not empty", Values.found(array));
    }
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = Values.integer("tokens[" + i + "]", array.get(i));
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
      if (!field.getKey().equals("role") && !field.getKey().equals("content")) {
        throw UserException.of(
            "unknown field %s.%s: a message has role and content", place, field.getKey());
      }
    }
    return new Message(
        Values.string(place + ".role", message.path("role")),
        Values.string(place + ".content", message.path("content")));
  }
}
