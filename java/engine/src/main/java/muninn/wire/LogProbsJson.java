package muninn.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import muninn.engine.answer.Token;

/**
 * Log-probabilities as OpenAI's two interfaces write them: a list of objects in answers of chat,
 * parallel lists in completions. A token that nothing was predicted for, the first of a prompt, has
 * null for a probability.
 */
record LogProbsJson(AnswerJson answers) {

  /** The field of a choice of a chat completion. */
  void chat(JsonGenerator json, List<Token> tokens) throws IOException {
    json.writeObjectFieldStart("logprobs");
    AnswerJson.logProbs(json, "content", "top_logprobs", tokens, this::token);
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

  /**
   * The field of a choice of a completion.
   *
   * @param offset characters of the choice before these tokens
   * @return those before the tokens that follow
   */
  int completion(JsonGenerator json, List<Token> tokens, int offset) throws IOException {
    json.writeObjectFieldStart("logprobs");
    json.writeArrayFieldStart("tokens");
    for (Token token : tokens) {
      json.writeString(spelled(token.id()));
    }
    json.writeEndArray();
    json.writeArrayFieldStart("token_logprobs");
    for (Token token : tokens) {
      if (Float.isNaN(token.logProb())) {
        json.writeNull();
      } else {
        json.writeNumber(AnswerJson.finite(token.logProb()));
      }
    }
    json.writeEndArray();
    json.writeArrayFieldStart("top_logprobs");
    for (Token token : tokens) {
      top(json, token);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("text_offset");
    int at = offset;
    for (Token token : tokens) {
      json.writeNumber(at);
      at += spelled(token.id()).length();
    }
    json.writeEndArray();
    json.writeEndObject();
    return at;
  }

  private void top(JsonGenerator json, Token token) throws IOException {
    if (Float.isNaN(token.logProb())) {
      json.writeNull();
      return;
    }
    json.writeStartObject();
    Set<String> names = new HashSet<>();
    for (Token.Alternative alternative : token.top()) {
      if (names.add(spelled(alternative.id()))) { // several ids may have one text
        json.writeNumberField(spelled(alternative.id()), AnswerJson.finite(alternative.logProb()));
      }
    }
    json.writeEndObject();
  }

  private String spelled(int id) {
    return answers.hasText() ? answers.spell().apply(id) : Integer.toString(id);
  }
}
