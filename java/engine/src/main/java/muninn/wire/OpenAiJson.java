package muninn.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import muninn.UserException;
import muninn.engine.Completion;
import muninn.engine.Options;
import muninn.engine.Token;

/**
 * Answers as OpenAI's interface writes them: the object of a chat completion or of a completion.
 *
 * @param kind which of the two
 * @param answers says whether there is text, and spells tokens
 * @param model what the object calls the model
 */
public record OpenAiJson(Kind kind, AnswerJson answers, String model) {

  /** What was asked, by the end of its URL. */
  public enum Kind {
    CHAT("/v1/chat/completions", "chat.completion", "chatcmpl-"),
    COMPLETION("/v1/completions", "text_completion", "cmpl-");

    private final String url;
    private final String object;
    private final String id;

    Kind(String url, String object, String id) {
      this.url = url;
      this.object = object;
      this.id = id;
    }

    /**
     * The kind that a URL asks for.
     *
     * @throws UserException when it is neither
     */
    public static Kind of(String url) {
      for (Kind kind : values()) {
        if (url.equals(kind.url)) {
          return kind;
        }
      }
      throw UserException.of("url is \"%s\", wanted %s or %s", url, CHAT.url, COMPLETION.url);
    }
  }

  /**
   * Writes the whole object.
   *
   * @param number tells it from others
   * @param created seconds since 1970
   */
  public void write(
      JsonGenerator json, long number, long created, Options options, List<Completion> all)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("id", kind.id + number);
    json.writeStringField("object", kind.object);
    json.writeNumberField("created", created);
    json.writeStringField("model", model);
    json.writeArrayFieldStart("choices");
    for (int i = 0; i < all.size(); i++) {
      choice(json, i, options, all.get(i));
    }
    json.writeEndArray();
    AnswerJson.usage(json, all);
    json.writeEndObject();
  }

  /** The object of a request that could not be answered. */
  public static void error(JsonGenerator json, String message) throws IOException {
    json.writeStartObject();
    json.writeObjectFieldStart("error");
    json.writeStringField("message", message);
    json.writeStringField("type", "invalid_request_error");
    json.writeNullField("param");
    json.writeNullField("code");
    json.writeEndObject();
    json.writeEndObject();
  }

  private void choice(JsonGenerator json, int index, Options options, Completion completion)
      throws IOException {
    json.writeStartObject();
    json.writeNumberField("index", index);
    if (kind == Kind.CHAT) {
      json.writeObjectFieldStart("message");
      json.writeStringField("role", "assistant");
      json.writeStringField("content", completion.text());
      json.writeEndObject();
    } else {
      json.writeStringField("text", completion.text());
    }
    if (options.logProbs() < 0) {
      json.writeNullField("logprobs");
    } else if (kind == Kind.CHAT) {
      json.writeObjectFieldStart("logprobs");
      AnswerJson.logProbs(json, "content", "top_logprobs", completion, this::token);
      json.writeEndObject();
    } else {
      logProbs(json, completion);
    }
    json.writeStringField("finish_reason", completion.finishReason().id());
    json.writeEndObject();
  }

  private void token(JsonGenerator json, int id, float logProb) throws IOException {
    String text = spelled(id);
    json.writeStringField("token", text);
    json.writeNumberField("logprob", AnswerJson.finite(logProb));
    if (text.indexOf('\uFFFD') >= 0) {
      json.writeNullField("bytes"); // half a character, which no text has
      return;
    }
    json.writeArrayFieldStart("bytes");
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      json.writeNumber(b & 0xFF);
    }
    json.writeEndArray();
  }

  private void logProbs(JsonGenerator json, Completion completion) throws IOException {
    json.writeObjectFieldStart("logprobs");
    json.writeArrayFieldStart("tokens");
    for (Token token : completion.tokens()) {
      json.writeString(spelled(token.id()));
    }
    json.writeEndArray();
    json.writeArrayFieldStart("token_logprobs");
    for (Token token : completion.tokens()) {
      json.writeNumber(AnswerJson.finite(token.logProb()));
    }
    json.writeEndArray();
    json.writeArrayFieldStart("top_logprobs");
    for (Token token : completion.tokens()) {
      json.writeStartObject();
      Set<String> names = new HashSet<>();
      for (Token.Alternative alternative : token.top()) {
        if (names.add(spelled(alternative.id()))) { // several ids may have one text
          json.writeNumberField(
              spelled(alternative.id()), AnswerJson.finite(alternative.logProb()));
        }
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private String spelled(int id) {
    return answers.hasText() ? answers.spell().apply(id) : Integer.toString(id);
  }
}
