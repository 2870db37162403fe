package muninn.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import muninn.UserException;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.RequestOption;
import muninn.engine.request.RequestOptions;
import muninn.files.Json;

/**
 * Makes a request of a JSON object: a prompt, and options by the names of {@link RequestOptions}.
 * Fields that people bring from OpenAI and vLLM mean what they mean there ({@link CommonNames}).
 * What depends on the model is left to the engine; a field that is null counts as not stated.
 */
public final class RequestReader {
  private final PromptReader prompts;
  private final Options defaults;
  private final Set<String> others;

  /**
   * @param defaults hold where an object states nothing
   * @param others fields that an object may have, and that are read elsewhere
   */
  public RequestReader(Responder responder, Options defaults, Set<String> others) {
    this.prompts = new PromptReader(responder::prompt, responder::conversation);
    this.defaults = defaults;
    this.others = others;
  }

  /**
   * Reads one.
   *
   * @throws UserException naming field, what was found and what is wanted
   */
  public Request read(ObjectNode object) {
    return new Request(prompts.read(object), options(object));
  }

  /**
   * Reads the options alone.
   *
   * @throws UserException as {@link #read} does
   */
  public Options options(ObjectNode object) {
    Map<String, JsonNode> fields = CommonNames.translated(object);
    List<RequestOption.Stated<?>> stated = new ArrayList<>();
    fields.forEach(
        (name, value) -> {
          if (!others.contains(name) && !PromptReader.FIELDS.contains(name)) {
            stated.add(option(name).stated(Values.plain(name, value), Values.found(value)));
          }
        });
    return RequestOptions.over(defaults, stated);
  }

  /** Whether a field of this name means anything. */
  boolean knows(String name) {
    return RequestOptions.named(name).isPresent()
        || PromptReader.FIELDS.contains(name)
        || others.contains(name)
        || CommonNames.ALL.contains(name);
  }

  private RequestOption<?> option(String name) {
    return RequestOptions.named(name)
        .orElseThrow(
            () ->
                UserException.of(
                    "unknown field %s: known are %sone of prompt, messages, tokens, and %s",
                    Json.shortened(name),
                    String.join("", others.stream().map(other -> other + ", ").toList()),
                    RequestOptions.names()));
  }
}
