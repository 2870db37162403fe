package muninn.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import java.util.function.Supplier;
import muninn.UserException;
import muninn.files.Json;
import muninn.wire.PromptReader;
import muninn.wire.Values;

/** {@code /tokenize} and {@code /detokenize}, as vLLM has them. */
record Tokenization(Supplier<Loaded> model) {
  private static final Set<String> TEXT = Set.of("model", "prompt", "messages");
  private static final Set<String> TOKENS = Set.of("model", "tokens");

  /** The ids of a text, or of a conversation. */
  void tokenize(Exchange exchange) {
    Loaded loaded = model.get();
    ObjectNode body = body(loaded, exchange, TEXT);
    int[] ids = reader(loaded).read(body);
    exchange.json(
        200,
        json -> {
          json.writeStartObject();
          json.writeFieldName("tokens");
          json.writeArray(ids, 0, ids.length);
          json.writeNumberField("count", ids.length);
          json.writeNumberField("max_model_len", loaded.mostTokens());
          json.writeEndObject();
        });
  }

  /** The text of some ids. */
  void detokenize(Exchange exchange) {
    Loaded loaded = model.get();
    ObjectNode body = body(loaded, exchange, TOKENS);
    if (!body.hasNonNull("tokens")) {
      throw new UserException("tokens is missing: state a list of token ids");
    }
    int[] ids = reader(loaded).read(body);
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= loaded.vocabulary()) {
        throw UserException.of(
            "tokens[%d] is %d, wanted an id from 0 to %d", i, ids[i], loaded.vocabulary() - 1);
      }
    }
    String text = loaded.responder().text(ids);
    exchange.json(
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("prompt", text);
          json.writeEndObject();
        });
  }

  private static PromptReader reader(Loaded loaded) {
    return new PromptReader(loaded.responder()::prompt, loaded.responder()::conversation);
  }

  private static ObjectNode body(Loaded loaded, Exchange exchange, Set<String> known) {
    ObjectNode body = loaded.body(exchange);
    for (String name : body.propertyStream().map(field -> field.getKey()).toList()) {
      if (!known.contains(name) && !loaded.options().lenient()) {
        throw UserException.of(
            "unknown field %s: known are %s",
            Json.shortened(name), String.join(", ", known.stream().sorted().toList()));
      }
    }
    JsonNode name = body.path("model");
    loaded.answersTo(name.isMissingNode() || name.isNull() ? null : Values.string("model", name));
    return body;
  }
}
