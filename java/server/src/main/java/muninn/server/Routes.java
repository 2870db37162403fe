package muninn.server;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import muninn.wire.OpenAiJson;

/** What is answered where. */
record Routes(ServerOptions options, Guard guard, Metrics metrics, Supplier<Loaded> model) {

  private static final String MODELS = "/v1/models/";

  void addTo(Front front) {
    for (OpenAiJson.Kind kind : OpenAiJson.Kind.values()) {
      front.at("POST", kind.url(), new Completions(kind, model, metrics));
    }
    front.at("GET", "/v1/models", this::models);
    front.at("GET", MODELS, this::model);
    front.openAt("GET", "/health", this::health);
    front.at("GET", "/version", this::version);
    front.at("GET", "/metrics", this::metrics);
    front.at("GET", "/muninn/model", this::about);
    front.at("POST", "/muninn/trace", new Thoughts(model));
    Site site = new Site();
    front.openAt("GET", "/", site);
    front.openAt("GET", Site.FOLDER, site);
    Tokenization tokenization = new Tokenization(model);
    front.at("POST", "/tokenize", tokenization::tokenize);
    front.at("POST", "/detokenize", tokenization::detokenize);
  }

  private void models(Exchange exchange) {
    Loaded loaded = model.get();
    exchange.json(
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("object", "list");
          json.writeArrayFieldStart("data");
          for (String name : options.names()) {
            model(json, loaded, name);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private void model(Exchange exchange) {
    if (exchange.path().equals(MODELS)) {
      models(exchange);
      return;
    }
    Loaded loaded = model.get();
    String name = loaded.answersTo(exchange.path().substring(MODELS.length()));
    exchange.json(200, json -> model(json, loaded, name));
  }

  private static void model(JsonGenerator json, Loaded loaded, String name) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", name);
    json.writeStringField("object", "model");
    json.writeNumberField("created", loaded.created());
    json.writeStringField("owned_by", "muninn");
    json.writeStringField("root", loaded.name());
    json.writeNumberField("max_model_len", loaded.mostTokens());
    json.writeEndObject();
  }

  /** What the page must know before it asks. */
  private void about(Exchange exchange) {
    Loaded loaded = model.get();
    exchange.json(
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("id", loaded.name());
          json.writeStringField("version", options.version());
          json.writeNumberField("steps", loaded.defaults().steps());
          json.writeNumberField("max_tokens", loaded.defaults().maxTokens());
          json.writeNumberField("max_model_len", loaded.mostTokens());
          json.writeBooleanField("chat", loaded.talks());
          json.writeEndObject();
        });
  }

  /** Ready once the model has thought for the first time, and until the server is about to end. */
  private void health(Exchange exchange) {
    Loaded loaded = model.get();
    guard.requireGoingOn();
    exchange.json(
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("status", "ok");
          json.writeStringField("model", loaded.name());
          json.writeEndObject();
        });
  }

  private void version(Exchange exchange) {
    exchange.json(
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("version", options.version());
          json.writeEndObject();
        });
  }

  private void metrics(Exchange exchange) {
    String text = metrics.text(options.names().getFirst());
    exchange.send(200, PrometheusText.TYPE, text.getBytes(StandardCharsets.UTF_8));
  }
}
