package muninn.wire;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import muninn.UserException;
import muninn.engine.request.Options;
import muninn.engine.request.Request;

/** Turns a line of a job into a request, or says what is wrong with it. */
final class LineParser {
  private final RequestReader requests;
  private final RequestReader bodies; // of lines as OpenAI's batches have them

  LineParser(Responder responder, Options defaults) {
    requests = new RequestReader(responder, defaults, Set.of(AskedLine.CUSTOM_ID));
    bodies = new RequestReader(responder, defaults, Set.of());
  }

  /**
   * What a line asks: the request or, where it cannot be made, the reason.
   *
   * @param envelope what wraps its answer; null where nothing does
   */
  record Parsed(JsonNode customId, Envelope envelope, Request request, String error) {}

  Parsed parse(AskedLine read) {
    JsonNode customId = read.customId();
    Envelope envelope = read.object() == null ? null : Envelope.of(read.object());
    if (read.error() != null) {
      return new Parsed(customId, envelope, null, read.error());
    }
    try {
      Request request =
          envelope == null ? requests.read(read.object()) : bodies.read(envelope.body());
      return new Parsed(customId, envelope, request, null);
    } catch (UserException e) {
      return new Parsed(customId, envelope, null, e.getMessage());
    } catch (RuntimeException e) {
      // A line that a library stumbles over must not stand in the way of all others for ever.
      return new Parsed(customId, envelope, null, "cannot be turned into tokens: " + e);
    }
  }
}
