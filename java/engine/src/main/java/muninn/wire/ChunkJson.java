package muninn.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;

/**
 * An answer as OpenAI's interface streams it: an object for each token, one that says why a choice
 * ended where no token does, and one that counts at the end. It remembers how far each choice is.
 */
public final class ChunkJson {
  private final OpenAiJson whole;
  private final String id;
  private final long created;
  private final Telling telling;
  private final List<Integer> offsets = new ArrayList<>();

  /**
   * Of an answer whose whole object would be written so.
   *
   * @param id tells it from others
   * @param created seconds since 1970
   * @param choices how many there are
   */
  public ChunkJson(OpenAiJson whole, String id, long created, Telling telling, int choices) {
    this.whole = whole;
    this.id = id;
    this.created = created;
    this.telling = telling;
    for (int i = 0; i < choices; i++) {
      offsets.add(0);
    }
  }

  /**
   * What a choice begins with: whose turn it is in a chat, and the prompt where it is told.
   *
   * @param tokens the prompt's, where their log-probabilities are asked for
   */
  public void begin(
      JsonGenerator json, int index, Options options, String prompt, List<Token> tokens)
      throws IOException {
    boolean chat = whole.kind() == OpenAiJson.Kind.CHAT;
    Options told = tokens.isEmpty() ? null : options;
    chunk(
        json,
        null,
        () -> choice(json, index, chat ? "assistant" : null, prompt, told, tokens, null));
    offsets.set(index, prompt.length());
  }

  /** Whether choices begin with an object of their own. */
  public boolean begins() {
    return whole.kind() == OpenAiJson.Kind.CHAT || telling.echo();
  }

  /**
   * A token.
   *
   * @param end why the choice ends with it; null where it goes on
   * @param spent what the answer has taken with it
   */
  public void token(
      JsonGenerator json,
      int index,
      Options options,
      Token token,
      FinishReason end,
      Generation.Spent spent)
      throws IOException {
    chunk(json, spent, () -> choice(json, index, null, token.text(), options, List.of(token), end));
  }

  /** The end of a choice, behind its last token. */
  public void end(JsonGenerator json, int index, FinishReason reason) throws IOException {
    chunk(json, null, () -> choice(json, index, null, "", null, List.of(), reason));
  }

  /** What all of it took. */
  public void usage(JsonGenerator json, TokenUsage usage) throws IOException {
    head(json);
    json.writeArrayFieldStart("choices");
    json.writeEndArray();
    usage.write(json);
    json.writeEndObject();
  }

  private interface Part {
    void write() throws IOException;
  }

  private void chunk(JsonGenerator json, Generation.Spent spent, Part choice) throws IOException {
    head(json);
    json.writeArrayFieldStart("choices");
    choice.write();
    json.writeEndArray();
    if (telling.usage()) {
      json.writeNullField("usage");
    }
    telling.progress(json, spent);
    json.writeEndObject();
  }

  private void head(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", id);
    json.writeStringField("object", whole.kind().chunk());
    json.writeNumberField("created", created);
    json.writeStringField("model", whole.model());
  }

  private void choice(
      JsonGenerator json,
      int index,
      String role,
      String text,
      Options options,
      List<Token> tokens,
      FinishReason end)
      throws IOException {
    boolean chat = whole.kind() == OpenAiJson.Kind.CHAT;
    json.writeStartObject();
    json.writeNumberField("index", index);
    if (chat) {
      json.writeObjectFieldStart("delta");
      if (role != null) {
        json.writeStringField("role", role);
      }
      json.writeStringField("content", text);
      json.writeEndObject();
    } else {
      json.writeStringField("text", text);
    }
    logProbs(json, index, options, tokens);
    json.writeStringField("finish_reason", end == null ? null : end.id());
    telling.extras(json, tokens);
    json.writeEndObject();
  }

  private void logProbs(JsonGenerator json, int index, Options options, List<Token> tokens)
      throws IOException {
    if (options == null || options.logProbs() < 0) {
      json.writeNullField("logprobs");
      return;
    }
    LogProbsJson logProbs = new LogProbsJson(whole.answers());
    if (whole.kind() == OpenAiJson.Kind.CHAT) {
      logProbs.chat(json, tokens);
    } else {
      offsets.set(index, logProbs.completion(json, tokens, offsets.get(index)));
    }
  }
}
