package muninn.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import muninn.UserException;
import muninn.engine.Request;
import muninn.files.Json;
import muninn.files.Line;
import muninn.text.ChatTemplate.Message;

/**
 * Turns a line of a job into a request. Types and names are checked here, ranges by the engine,
 * which knows the model; a field that is null counts as not stated.
 */
final class LineParser {
  private static final Set<String> PROMPTS = Set.of("prompt", "messages", "tokens");

  private final Responder responder;
  private final JobOptions defaults;
  private final CustomIds ids = new CustomIds();

  LineParser(Responder responder, JobOptions defaults) {
    this.responder = responder;
    this.defaults = defaults;
  }

  /** A line that was read: its object or, where it is none, what is wrong. */
  record Read(JsonNode customId, ObjectNode object, String error) {}

  /** What a line asks: the request or, where it cannot be made, the reason. */
  record Parsed(JsonNode customId, Request request, String error) {}

  /**
   * Reads a line, and notes its id: lines come in the order of the input, all of them, since an id
   * belongs to the first that has it.
   */
  Read read(Line line) {
    JsonNode customId = NullNode.getInstance();
    try {
      ObjectNode object = Json.line(line.text());
      customId = customId(object);
      int earlier = ids.note(customId, Math.toIntExact(line.number()));
      if (earlier != 0) {
        throw new LineException(
            "custom_id is that of line %d too: give every line one of its own", earlier);
      }
      return new Read(customId, object, null);
    } catch (LineException | UserException e) {
      return new Read(customId, null, e.getMessage());
    }
  }

  Parsed parse(Read read) {
    JsonNode customId = read.customId;
    if (read.error != null) {
      return new Parsed(customId, null, read.error);
    }
    try {
      return new Parsed(customId, request(read.object), null);
    } catch (LineException | UserException e) {
      return new Parsed(customId, null, e.getMessage());
    } catch (RuntimeException e) {
      // A line that a library stumbles over must not stand in the way of all others for ever.
      return new Parsed(customId, null, "cannot be turned into tokens: " + e);
    }
  }

  private static JsonNode customId(JsonNode object) {
    JsonNode id = object.get("custom_id");
    if (id == null) {
      return NullNode.getInstance();
    }
    if (!id.isTextual() && !id.isIntegralNumber() && !id.isNull()) {
      throw new LineException(
          "custom_id must be a string or a whole number, found %s", Fields.kind(id));
    }
    return id;
  }

  private Request request(JsonNode object) {
    LineOptions options = new LineOptions(defaults);
    JsonNode prompt = null;
    String promptField = null;
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String name = field.getKey();
      JsonNode value = field.getValue();
      if (name.equals("custom_id") || value.isNull()) {
        continue;
      }
      if (PROMPTS.contains(name)) {
        if (prompt != null) {
          throw new LineException("both %s and %s are given: state one", promptField, name);
        }
        prompt = value;
        promptField = name;
      } else {
        options.set(name, value);
      }
    }
    if (prompt == null) {
      throw new LineException("no prompt: state one of prompt, messages, tokens");
    }
    return options.build().request(tokens(promptField, prompt));
  }

  private int[] tokens(String field, JsonNode prompt) {
    return switch (field) {
      case "prompt" -> responder.prompt(Fields.string("prompt", prompt));
      case "messages" -> responder.conversation(messages(prompt));
      default -> ids(prompt);
    };
  }

  private static int[] ids(JsonNode array) {
    if (!array.isArray()) {
      throw new LineException("tokens must be an array of ids, found %s", Fields.kind(array));
    }
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = Fields.integer("tokens[" + i + "]", array.get(i));
    }
    return ids;
  }

  private static List<Message> messages(JsonNode array) {
    if (!array.isArray() || array.isEmpty()) {
      throw new LineException("messages must be an array with at least one message");
    }
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      JsonNode message = array.get(i);
      String place = "messages[" + i + "]";
      if (!message.isObject()) {
        throw new LineException("%s must be an object, found %s", place, Fields.kind(message));
      }
      for (Map.Entry<String, JsonNode> field : message.properties()) {
        if (!field.getKey().equals("role") && !field.getKey().equals("content")) {
          throw new LineException(
              "unknown field %s.%s: a message has role and content", place, field.getKey());
        }
      }
      messages.add(
          new Message(
              Fields.string(place + ".role", message.get("role")),
              Fields.string(place + ".content", message.get("content"))));
    }
    return messages;
  }
}
