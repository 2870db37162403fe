package muninn.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.function.IntFunction;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;

/**
 * An answer as JSON: {@code text} where there is a tokenizer, {@code tokens}, {@code steps}, {@code
 * finish_reason}, {@code approximate} where speculation may have changed the text, {@code logprobs}
 * where asked for, and {@code usage}. Where several answers are asked for, these fields but usage
 * are those of each object of {@code answers}, with the {@code seed} that alone gives that answer.
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

  /** What else is told of an answer, as fields of its object. */
  @FunctionalInterface
  public interface More {
    /** Of none is anything told. */
    More NOTHING = _ -> {};

    void write(Completion completion) throws IOException;
  }

  /**
   * Writes the fields of finished answers into an open object.
   *
   * @param options what was asked for
   * @param all by {@link Options#each}
   */
  public void write(JsonGenerator json, Options options, List<Completion> all, More more)
      throws IOException {
    if (all.size() == 1) {
      write(json, options, all.getFirst());
      usage(json, all);
      more.write(all.getFirst());
      return;
    }
    json.writeArrayFieldStart("answers");
    for (int i = 0; i < all.size(); i++) {
      json.writeStartObject();
      json.writeNumberField("seed", options.each().get(i).sampling().seed());
      write(json, options, all.get(i));
      more.write(all.get(i));
      json.writeEndObject();
    }
    json.writeEndArray();
    usage(json, all);
  }

  private void write(JsonGenerator json, Options options, Completion completion)
      throws IOException {
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
    promptLogProbs(json, options, completion);
    if (options.logProbs() >= 0) {
      logProbs(json, "logprobs", "top", completion.tokens(), this::token);
    }
  }

  /** Writes those of the prompt, where they are asked for. */
  void promptLogProbs(JsonGenerator json, Options options, Completion completion)
      throws IOException {
    if (options.promptLogProbs() >= 0) {
      logProbs(json, "prompt_logprobs", "top", completion.prompt(), this::token);
    }
  }

  /** Writes what a token and its log-probability are told as. */
  @FunctionalInterface
  interface TokenFields {
    void write(JsonGenerator json, int id, float logProb) throws IOException;
  }

  /** Writes a list of the tokens, each with the list of those beside it. */
  static void logProbs(
      JsonGenerator json, String all, String beside, List<Token> tokens, TokenFields fields)
      throws IOException {
    json.writeArrayFieldStart(all);
    for (Token token : tokens) {
      json.writeStartObject();
      fields.write(json, token.id(), token.logProb());
      json.writeArrayFieldStart(beside);
      for (Token.Alternative alternative : token.top()) {
        json.writeStartObject();
        fields.write(json, alternative.id(), alternative.logProb());
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
    number(json, "logprob", logProb);
  }

  /** Writes a log-probability; of a token that nothing says, null. */
  private static void number(JsonGenerator json, String name, float logProb) throws IOException {
    if (Float.isNaN(logProb)) {
      json.writeNullField(name);
    } else {
      json.writeNumberField(name, finite(logProb));
    }
  }

  /** A number that JSON has. */
  static float finite(float logProb) {
    return Math.max(logProb, LEAST_LOGPROB);
  }

  /** The prompt counts once. */
  static void usage(JsonGenerator json, List<Completion> all) throws IOException {
    int prompt = all.getFirst().stats().promptTokens();
    int completion = all.stream().mapToInt(one -> one.tokens().size()).sum();
    new TokenUsage(prompt, 0, completion).write(json);
  }
}
