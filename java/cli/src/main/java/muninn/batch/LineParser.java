package muninn.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import muninn.UserException;
import muninn.engine.Options;
import muninn.engine.Request;
import muninn.files.Json;
import muninn.files.Line;
import muninn.wire.RequestReader;
import muninn.wire.Responder;
import muninn.wire.Values;

/**
 * Turns a line of a job into a request and the id it gives itself, or says what is wrong with it.
 */
final class LineParser {
  private static final String CUSTOM_ID = "custom_id";

  private final RequestReader requests;
  private final RequestReader bodies; // of lines as OpenAI's batches have them
  private final CustomIds ids = new CustomIds();

  LineParser(Responder responder, Options defaults) {
    requests = new RequestReader(responder, defaults, Set.of(CUSTOM_ID));
    bodies = new RequestReader(responder, defaults, Set.of());
  }

  /** A line that was read: its object or, where it is none, what is wrong. */
  record Read(JsonNode customId, ObjectNode object, String error) {}

  /**
   * What a line asks: the request or, where it cannot be made, the reason.
   *
   * @param envelope what wraps its answer; null where nothing does
   */
  record Parsed(JsonNode customId, Envelope envelope, Request request, String error) {}

  /**
   * Reads a line, and notes its id: lines come in the order of the input, all of them, since an id
   * belongs to the first that has it.
   */
  Read read(Line line) {
    JsonNode customId = NullNode.getInstance();
    ObjectNode object = null;
    try {
      object = Json.line(line.text());
      customId = customId(object);
      int earlier = ids.note(customId, Math.toIntExact(line.number()));
      if (earlier != 0) {
        throw UserException.of(
            "custom_id is that of line %d too: give every line one of its own", earlier);
      }
      return new Read(customId, object, null);
    } catch (UserException e) {
      return new Read(customId, object, e.getMessage());
    }
  }

  Parsed parse(Read read) {
    JsonNode customId = read.customId;
    Envelope envelope = read.object == null ? null : Envelope.of(read.object);
    if (read.error != null) {
      return new Parsed(customId, envelope, null, read.error);
    }
    try {
      Request request =
          envelope == null ? requests.read(read.object) : bodies.read(envelope.body());
      return new Parsed(customId, envelope, request, null);
    } catch (UserException e) {
      return new Parsed(customId, envelope, null, e.getMessage());
    } catch (RuntimeException e) {
      // A line that a library stumbles over must not stand in the way of all others for ever.
      return new Parsed(customId, envelope, null, "cannot be turned into tokens: " + e);
    }
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
    return id;
  }
}
