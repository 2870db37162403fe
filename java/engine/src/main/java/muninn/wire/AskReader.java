package muninn.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import muninn.UserException;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.SamplingOptions;
import muninn.files.Json;

/**
 * Reads what is posted to OpenAI's completion endpoints: the requests that {@link RequestReader}
 * makes of it, and how the answers are to be told. What those endpoints have and this engine does
 * not is refused by name, unless it is given the value that asks for nothing.
 */
public final class AskReader {
  private static final Set<String> CHAT_PROMPT = Set.of("messages");
  private static final Set<String> TEXT_PROMPT = Set.of("prompt", "tokens");

  /** Fields that say how an answer is told. */
  private static final Set<String> TELLING =
      Set.of(
          "stream",
          "stream_options",
          "echo",
          "return_steps",
          "return_token_ids",
          "return_progress");

  private static final Predicate<JsonNode> EMPTY =
      value -> value.isContainerNode() && value.isEmpty();
  private static final Predicate<JsonNode> NO = value -> value.isBoolean() && !value.booleanValue();
  private static final Predicate<JsonNode> YES = JsonNode::booleanValue;
  private static final Predicate<JsonNode> NOTHING_TO_CHOOSE =
      value -> value.isTextual() && Set.of("none", "auto").contains(value.textValue());

  /** What is not done here, and the value with which it may be asked for all the same. */
  private static final Map<String, Predicate<JsonNode>> UNDONE =
      Map.ofEntries(
          Map.entry("tools", EMPTY),
          Map.entry("functions", EMPTY),
          Map.entry("tool_choice", NOTHING_TO_CHOOSE),
          Map.entry("function_call", NOTHING_TO_CHOOSE),
          Map.entry("parallel_tool_calls", JsonNode::isBoolean),
          Map.entry("best_of", value -> value.isNumber() && value.doubleValue() == 1),
          Map.entry("suffix", value -> value.isTextual() && value.textValue().isEmpty()),
          Map.entry("modalities", value -> value.toString().equals("[\"text\"]")),
          Map.entry("audio", _ -> false),
          Map.entry("prediction", _ -> false),
          Map.entry("web_search_options", _ -> false),
          Map.entry("reasoning_effort", _ -> false),
          Map.entry("use_beam_search", NO),
          Map.entry("length_penalty", value -> value.isNumber() && value.doubleValue() == 1),
          Map.entry("detokenize", YES),
          Map.entry("spaces_between_special_tokens", JsonNode::isBoolean),
          Map.entry("min_tokens", value -> value.isNumber() && value.doubleValue() == 0),
          Map.entry("stop_token_ids", EMPTY),
          Map.entry("skip_special_tokens", YES),
          Map.entry("include_stop_str_in_output", NO));

  private final RequestReader requests;
  private final PromptReader prompts;
  private final boolean lenient;
  private final LongSupplier seeds;

  /**
   * @param defaults hold where nothing is stated
   * @param lenient whether fields that nobody knows are passed over
   * @param seeds for requests that draw and state none
   */
  public AskReader(Responder responder, Options defaults, boolean lenient, LongSupplier seeds) {
    requests = new RequestReader(responder, defaults, Set.of());
    prompts = new PromptReader(responder::prompt, responder::conversation);
    this.lenient = lenient;
    this.seeds = seeds;
  }

  /**
   * Reads a body.
   *
   * @throws UserException naming field, what was found and what is wanted
   */
  public Ask read(OpenAiJson.Kind kind, ObjectNode body) {
    ObjectNode asked = body.objectNode();
    for (Map.Entry<String, JsonNode> field : body.properties()) {
      if (!field.getValue().isNull() && isForUs(kind, field.getKey(), field.getValue())) {
        asked.set(field.getKey(), field.getValue());
      }
    }
    if (kind == OpenAiJson.Kind.CHAT && !asked.has("messages")) {
      throw new UserException("messages is missing: state a list with at least one message");
    }
    if (kind == OpenAiJson.Kind.COMPLETION && TEXT_PROMPT.stream().noneMatch(asked::has)) {
      throw new UserException("prompt is missing: state a text, token ids, or a list of such");
    }
    boolean echo = flag(asked, "echo");
    boolean promptOnly = promptOnly(asked, echo);
    Telling telling = telling(asked, echo, promptOnly);
    Options options = options(asked);
    if (echo && options.logProbs() >= 0) {
      options = options.withPromptLogProbs(options.logProbs());
      if (options.maxTokens() == 1) {
        // Who scores a prompt leaves the last of all tokens out: so there is one, though it be an
        // end.
        options = options.withIgnoreEos(true);
      }
    }
    List<Request> all = new ArrayList<>();
    for (int[] prompt : prompts.readAll(asked)) {
      all.addAll(new Request(prompt, options).each());
    }
    String model = asked.has("model") ? Values.string("model", asked.get("model")) : null;
    return new Ask(kind, model, all, options.each().size(), telling);
  }

  /** Whether a field says something that is to be read. */
  private boolean isForUs(OpenAiJson.Kind kind, String name, JsonNode value) {
    boolean chat = kind == OpenAiJson.Kind.CHAT;
    Set<String> elsewhere = chat ? TEXT_PROMPT : CHAT_PROMPT;
    if (elsewhere.contains(name) || (chat && name.equals("echo"))) {
      throw UserException.of(
          "%s is not a field of %s: %s",
          name, kind.url(), chat ? "state messages" : "state prompt");
    }
    Predicate<JsonNode> asksForNothing = UNDONE.get(name);
    if (asksForNothing == null) {
      return !lenient || requests.knows(name) || TELLING.contains(name);
    }
    if (!asksForNothing.test(value)) {
      throw UserException.of(
          "%s is %s: leave it out, this is not done here", name, Values.found(value));
    }
    return false;
  }

  private Options options(ObjectNode asked) {
    ObjectNode fields = asked.deepCopy();
    fields.remove(TELLING);
    Options options = requests.options(fields);
    boolean draws = options.sampling().temperature() > 0;
    return draws && !asked.has(SamplingOptions.SEED.name())
        ? options.withSeed(seeds.getAsLong())
        : options;
  }

  /** No new token is asked for: one is drawn, for a prompt ends with that, and not told. */
  private static boolean promptOnly(ObjectNode asked, boolean echo) {
    for (String name : List.of("max_tokens", "max_completion_tokens")) {
      JsonNode most = asked.path(name);
      if (echo && most.isNumber() && most.doubleValue() == 0) {
        asked.put(name, 1);
        return true;
      }
    }
    return false;
  }

  private static Telling telling(ObjectNode asked, boolean echo, boolean promptOnly) {
    boolean streamed = flag(asked, "stream");
    JsonNode how = asked.path("stream_options");
    if (!how.isMissingNode() && !streamed) {
      throw UserException.of("stream_options is %s, wanted with stream true", Values.found(how));
    }
    return new Telling(
        streamed,
        how.isMissingNode() ? false : usage(how),
        echo,
        promptOnly,
        flag(asked, "return_steps"),
        flag(asked, "return_token_ids"),
        flag(asked, "return_progress"));
  }

  private static boolean usage(JsonNode how) {
    if (!(how instanceof ObjectNode options)) {
      throw UserException.of("stream_options is %s, wanted an object", Values.found(how));
    }
    for (Map.Entry<String, JsonNode> field : options.properties()) {
      boolean padding = field.getKey().equals("include_obfuscation") && NO.test(field.getValue());
      if (!field.getKey().equals("include_usage") && !padding) {
        throw UserException.of(
            "stream_options.%s is %s, wanted include_usage alone",
            Json.shortened(field.getKey()), Values.found(field.getValue()));
      }
    }
    return flag(options, "include_usage");
  }

  private static boolean flag(ObjectNode object, String name) {
    JsonNode value = object.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return false;
    }
    if (!value.isBoolean()) {
      throw UserException.of("%s is %s, wanted true or false", name, Values.found(value));
    }
    return value.booleanValue();
  }
}
