package muninn.server;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import muninn.UserException;
import muninn.engine.Engine;
import muninn.engine.request.Options;
import muninn.files.Json;
import muninn.lab.trace.Motion;
import muninn.lab.trace.Thought;
import muninn.lab.trace.Trajectory;
import muninn.wire.PromptReader;
import muninn.wire.RequestReader;
import muninn.wire.Responder;
import muninn.wire.Values;

/**
 * {@code /muninn/trace}: what one position thought, step by step. It is asked with a prompt, as
 * completions are, and the tokens of the answer so far; the position watched is the last one of all
 * these, which says the token after them, or an earlier one. It thinks again as it did in the
 * answer, by the options that this had.
 */
record Thoughts(Supplier<Loaded> model) implements Endpoint {
  private static final Set<String> OTHERS = Set.of("model", "answer", "position");

  /** What decides how positions think. */
  private static final Set<String> OPTIONS =
      new TreeSet<>(
          Set.of(
              "steps",
              "max_loops",
              "seed",
              "init_scale",
              "exit",
              "exit_threshold",
              "min_steps",
              "min_loops",
              "exit_every",
              "exit_lookahead",
              "exit_prompt",
              "exit_select",
              "kv",
              "continuous",
              "continuous_from",
              "speculate"));

  /** Steps of all positions together, which may take one another's end to begin. */
  private static final int MOST_STEPS = 1 << 15;

  /** Numbers of the predictions that are kept, one for each step and token: 64 MB. */
  private static final int MOST_LOGITS = 1 << 24;

  @Override
  public void answer(Exchange exchange) {
    Loaded loaded = model.get();
    ObjectNode body = loaded.body(exchange);
    JsonNode name = body.path("model");
    loaded.answersTo(name.isMissingNode() || name.isNull() ? null : Values.string("model", name));
    Engine engine =
        loaded
            .engine()
            .orElseThrow(
                () ->
                    Refusal.unable(
                        501,
                        "this model cannot be watched: it answers elsewhere",
                        "server_error",
                        null));
    Thought.Question question = question(loaded, loaded.defaults(), body);
    try {
      Thought thought =
          Thought.of(engine, question, generation -> exchange.whenGone(generation::cancel));
      exchange.json(
          200, json -> write(json, loaded.responder(), question.options().steps(), thought));
    } catch (CancellationException e) {
      throw Refusal.unable(
          503, "the server ends: ask again later", "server_error", "shutting_down");
    }
  }

  private static Thought.Question question(Loaded loaded, Options defaults, ObjectNode body) {
    for (String field : body.propertyStream().map(one -> one.getKey()).toList()) {
      boolean known =
          OTHERS.contains(field) || OPTIONS.contains(field) || PromptReader.FIELDS.contains(field);
      if (!known && !loaded.options().lenient()) {
        throw UserException.of(
            "unknown field %s: known are one of prompt, messages, tokens, then answer, position,"
                + " model, and what decides how positions think: %s",
            Json.shortened(field), String.join(", ", OPTIONS));
      }
    }
    Responder responder = loaded.responder();
    int[] prompt = new PromptReader(responder::prompt, responder::conversation).read(body);
    JsonNode answer = body.path("answer");
    boolean nothing = answer.isMissingNode() || answer.isNull();
    nothing |= answer.isArray() && answer.isEmpty();
    int[] said = nothing ? new int[0] : PromptReader.ids("answer", answer);
    int last = prompt.length + said.length - 1;
    int position = last;
    if (body.hasNonNull("position")) {
      position = Values.integer("position", body.get("position"));
      if (position < 0 || position > last) {
        throw UserException.of(
            "position is %d, wanted one of the prompt and the answer: 0 to %d", position, last);
      }
    }
    ObjectNode stated = body.deepCopy();
    stated.retain(OPTIONS);
    Options options = new RequestReader(responder, defaults, Set.of()).options(stated);
    if ((long) (position + 1) * options.steps() > MOST_STEPS) {
      throw UserException.of(
          "position %d at %d steps takes %d steps to watch, and at most %d are watched at once:"
              + " lower steps, or look at an earlier position (position)",
          position, options.steps(), (long) (position + 1) * options.steps(), MOST_STEPS);
    }
    if ((long) options.steps() * loaded.vocabulary() > MOST_LOGITS) {
      throw UserException.of(
          "%d steps say %d numbers each, one for each token, and at most %d steps can be watched"
              + " with so many: lower steps",
          options.steps(), loaded.vocabulary(), MOST_LOGITS / loaded.vocabulary());
    }
    return Thought.Question.at(position, prompt, said, options);
  }

  private static void write(JsonGenerator json, Responder responder, int budget, Thought thought)
      throws IOException {
    Trajectory way = thought.trajectory();
    json.writeStartObject();
    json.writeStringField("object", "muninn.trace");
    json.writeNumberField("position", way.position());
    json.writeNumberField("token", way.token());
    if (responder.hasText()) {
      json.writeStringField("text", responder.spell(way.token()));
    }
    json.writeNumberField("steps", way.steps());
    json.writeNumberField("budget", budget);
    json.writeNumberField("decided_at", way.decidedAt());
    Motion motion = way.motion();
    json.writeStringField("motion", motion.kind().toString());
    if (motion.period().isPresent()) {
      json.writeNumberField("period", motion.period().getAsInt());
    }
    json.writeArrayFieldStart("shares");
    json.writeNumber(thought.share(0));
    json.writeNumber(thought.share(1));
    json.writeEndArray();
    json.writeArrayFieldStart("path");
    for (double[] place : thought.path()) {
      json.writeArray(place, 0, place.length);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("said");
    for (int j = 1; j <= way.steps(); j++) {
      json.writeStartObject();
      json.writeNumberField("token", way.said(j));
      if (responder.hasText()) {
        json.writeStringField("text", responder.spell(way.said(j)));
      }
      number(json, "probability", way.probability(j));
      json.writeEndObject();
    }
    json.writeEndArray();
    series(json, "change", way.steps(), way::change);
    series(json, "to_deepest", way.steps(), way::toDeepest);
    series(json, "kl_deepest", way.steps(), way::klDeepest);
    json.writeEndObject();
  }

  /** A number a step, from the first. */
  private static void series(JsonGenerator json, String name, int steps, IntToDoubleFunction value)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (int j = 1; j <= steps; j++) {
      number(json, null, value.applyAsDouble(j));
    }
    json.writeEndArray();
  }

  /** JSON has no numbers but finite ones. */
  private static void number(JsonGenerator json, String name, double value) throws IOException {
    if (name != null) {
      json.writeFieldName(name);
    }
    if (Double.isFinite(value)) {
      json.writeNumber(value);
    } else {
      json.writeNull();
    }
  }
}
