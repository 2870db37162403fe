package muninn.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import muninn.UserException;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Token;

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

    /** The end of its URL. */
    public String url() {
      return url;
    }

    /** What the answers of a chat, or texts, are called while they come. */
    String chunk() {
      return this == CHAT ? "chat.completion.chunk" : object;
    }

    /** The id of an answer, made of what tells it from others. */
    public String id(String number) {
      return id + number;
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
   * @param id tells it from others
   * @param created seconds since 1970
   */
  public void write(
      JsonGenerator json, String id, long created, Telling telling, List<Choice> choices)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("id", id);
    json.writeStringField("object", kind.object);
    json.writeNumberField("created", created);
    json.writeStringField("model", model);
    json.writeArrayFieldStart("choices");
    for (int i = 0; i < choices.size(); i++) {
      choice(json, i, telling, choices.get(i));
    }
    json.writeEndArray();
    TokenUsage.of(telling, choices).write(json);
    json.writeEndObject();
  }

  private void choice(JsonGenerator json, int index, Telling telling, Choice choice)
      throws IOException {
    Completion completion = choice.completion();
    List<Token> tokens = telling.promptOnly() ? List.of() : completion.tokens();
    String text = telling.promptOnly() ? "" : completion.text();
    json.writeStartObject();
    json.writeNumberField("index", index);
    if (kind == Kind.CHAT) {
      json.writeObjectFieldStart("message");
      json.writeStringField("role", "assistant");
      json.writeStringField("content", text);
      json.writeEndObject();
    } else {
      json.writeStringField("text", choice.prompt() + text);
    }
    List<Token> told = told(telling, completion.prompt(), tokens);
    LogProbsJson logProbs = new LogProbsJson(answers);
    if (choice.options().logProbs() < 0) {
      json.writeNullField("logprobs");
    } else if (kind == Kind.CHAT) {
      logProbs.chat(json, tokens);
    } else {
      logProbs.completion(json, told, 0);
    }
    if (!telling.echo()) {
      answers.promptLogProbs(json, choice.options(), completion);
    }
    json.writeStringField("finish_reason", completion.finishReason().id());
    telling.extras(json, told);
    json.writeEndObject();
  }

  private static List<Token> told(Telling telling, List<Token> prompt, List<Token> tokens) {
    List<Token> all = new ArrayList<>(telling.echo() ? prompt : List.of());
    all.addAll(tokens);
    return all;
  }
}
