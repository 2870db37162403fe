package muninn.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import muninn.UserException;
import muninn.engine.Engine;
import muninn.engine.request.Options;
import muninn.files.Json;
import muninn.wire.AskReader;
import muninn.wire.Responder;

/**
 * A model that is there to answer.
 *
 * @param created when it was loaded, in seconds since 1970
 * @param mostTokens positions that a prompt and its answer may have together
 * @param engine which may be watched, where it is in this process
 * @param defaults hold where a request states nothing
 * @param vocabulary ids that tokens may have, from 0
 */
record Loaded(
    ServerOptions options,
    Responder responder,
    AskReader asks,
    long created,
    Optional<Engine> engine,
    Options defaults,
    int mostTokens,
    int vocabulary) {

  /** What it is called. */
  String name() {
    return options.names().getFirst();
  }

  /** Whether it answers conversations, not only continues texts. */
  boolean talks() {
    try {
      responder.requireChat();
      return true;
    } catch (UserException e) {
      return false;
    }
  }

  /** The body of a request. */
  ObjectNode body(Exchange exchange) {
    return exchange.body(options.limits().bytes());
  }

  /**
   * The name under which it was asked.
   *
   * @param asked null where nothing was said
   * @throws Refusal when it has another one
   */
  String answersTo(String asked) {
    List<String> names = options.names();
    if (asked == null) {
      return name();
    }
    if (!names.contains(asked)) {
      throw Refusal.of(
          404,
          "there is no model \""
              + Json.shortened(asked)
              + "\" here, but "
              + String.join(", ", names),
          "model",
          "model_not_found");
    }
    return asked;
  }
}
