package muninn.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import muninn.UserException;
import muninn.files.Json;
import muninn.files.Line;

/**
 * A line of a job as far as it is understood without a model: its object or, where it is none, what
 * is wrong with it.
 *
 * @param number of the line
 * @param bytes how long it is
 * @param customId what it calls itself; JSON's null where it says nothing
 * @param object null where there is none
 * @param error null where there is none
 */
public record AskedLine(
    long number, int bytes, JsonNode customId, ObjectNode object, String error) {
  /** The field by which a line gives itself an id. */
  static final String CUSTOM_ID = "custom_id";

  /** Reads a line. */
  public static AskedLine of(Line line) {
    JsonNode customId = NullNode.getInstance();
    ObjectNode object = null;
    String error = null;
    try {
      object = Json.line(line.text());
      customId = customId(object);
    } catch (UserException e) {
      error = e.getMessage();
    }
    return new AskedLine(line.number(), line.bytes().length, customId, object, error);
  }

  /** Reads a line after others, of which none may have the same id. */
  public static AskedLine of(Line line, CustomIds earlier) {
    AskedLine asked = of(line);
    long first = asked.error == null ? earlier.note(asked.customId, line.number()) : 0;
    return first == 0 ? asked : asked.repeating(first);
  }

  /** The same with the id of an earlier line, to which it belongs. */
  private AskedLine repeating(long earlier) {
    String repeats =
        "custom_id is that of line " + earlier + " too: give every line one of its own";
    return new AskedLine(number, bytes, customId, object, repeats);
  }

  private static JsonNode customId(ObjectNode object) {
    JsonNode id = object.path(CUSTOM_ID);
    if (id.isMissingNode()) {
      return NullNode.getInstance();
    }
    if (!id.isTextual() && !id.isIntegralNumber() && !id.isNull()) {
      throw UserException.of(
          "%s is %s, wanted a text or a whole number", CUSTOM_ID, Values.found(id));
    }
    if (id.isTextual()) {
      Values.string(CUSTOM_ID, id); // the answer is to repeat it
    }
    return id;
  }
}
