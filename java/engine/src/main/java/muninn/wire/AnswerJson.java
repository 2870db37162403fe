package muninn.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.function.IntFunction;
import muninn.engine.Completion;
import muninn.engine.Options;
import muninn.engine.Token;

/**
 * An answer as JSON: {@code text} where there is a tokenizer, {@code tokens}, {@code steps}, {@code
 * finish_reason}, {@code approximate} where speculation may have changed the text, {@code logprobs}
 * where asked for, and {@code usage}.
 *
 * @param hasText whether answers have text
 * @param spell the text of a token by itself; asked only where there is text
 */
public record AnswerJson(boolean hasText, IntFunction<String> spell) {
  /** What stands for the logarithm of a probability that is zero, which JSON has no number for. */
  public static final float LEAST_LOGPROB = -9999f;

  /** For the answers of a model. */
  public static AnswerJson of(Responder responder) {
    return new AnswerJson(responder.hasText(), responder::spell);
  }

  /** Writes the fields of a finished answer into an open object. */
  public void write(JsonGenerator json, Options options, Completion completion) throws IOException {
    if (hasText) {
      json.writeStringField("text", completion.text());
    }
    json.writeArrayFieldStart("tokens");
    for (Token token : completion.tokens()) {
      json.writeNumber(token.id());
    }
    json.writeEndArray();
    json.writeArrayFieldStart("steps");
    for (Token token : completion.tokens()) {
      json.writeNumber(token.steps());
    }
    json.writeEndArray();
    json.writeStringField("finish_reason", completion.finishReason().id());
    if (completion.stats().speculated().approximate()) {
      json.writeBooleanField("approximate", true);
    }
    if (options.logProbs() >= 0) {
      logProbs(json, completion);
    }
    usage(json, completion.stats().promptTokens(), completion.tokens().size());
  }

  private void logProbs(JsonGenerator json, Completion completion) throws IOException {
    json.writeArrayFieldStart("logprobs");
    for (Token token : completion.tokens()) {
      json.writeStartObject();
      token(json, token.id(), token.logProb());
      json.writeArrayFieldStart("top");
      for (Token.Alternative alternative : token.top()) {
        json.writeStartObject();
        token(json, alternative.id(), alternative.logProb());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void token(JsonGenerator json, int id, float logProb) throws IOException {
    json.writeNumberField("token", id);
    if (hasText) {
      json.writeStringField("text", spell.apply(id));
    }
    json.writeNumberField("logprob", finite(logProb));
  }

  /** A number that JSON has. */
  static float finite(float logProb) {
    return Math.max(logProb, LEAST_LOGPROB);
  }

  static void usage(JsonGenerator json, int prompt, int completion) throws IOException {
    json.writeObjectFieldStart("usage");
    json.writeNumberField("prompt_tokens", prompt);
    json.writeNumberField("completion_tokens", completion);
    json.writeNumberField("total_tokens", prompt + completion);
    json.writeEndObject();
  }
}
