package muninn.batch;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import muninn.engine.Completion;
import muninn.engine.Token;
import muninn.files.Json;

/**
 * The JSON of answers: a line of a job's output, and the fields that {@code generate --json} shares
 * with it.
 */
public final class AnswerLines {
  private AnswerLines() {}

  /**
   * Writes the fields of a finished answer into an open object: {@code text} where there is a
   * tokenizer, {@code tokens}, {@code steps}, {@code finish_reason}, {@code approximate} where
   * speculation may have changed the text, and {@code logprobs} where asked for.
   */
  public static void writeFields(
      JsonGenerator json, Completion completion, boolean hasText, boolean logProbs)
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
    if (logProbs) {
      writeLogProbs(json, completion);
    }
  }

  private static void writeLogProbs(JsonGenerator json, Completion completion) throws IOException {
    json.writeArrayFieldStart("logprobs");
    for (Token token : completion.tokens()) {
      json.writeStartObject();
      json.writeNumberField("token", token.id());
      json.writeNumberField("logprob", token.logProb());
      json.writeArrayFieldStart("top");
      for (Token.Alternative alternative : token.top()) {
        json.writeStartObject();
        json.writeNumberField("token", alternative.id());
        json.writeNumberField("logprob", alternative.logProb());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** A result line, line end included. */
  static byte[] result(
      long line, JsonNode customId, Completion completion, boolean hasText, boolean logProbs) {
    return line(line, customId, json -> writeFields(json, completion, hasText, logProbs));
  }

  /** An error line, line end included. */
  static byte[] error(long line, JsonNode customId, String message) {
    return line(line, customId, json -> json.writeStringField("error", message));
  }

  private static byte[] line(long line, JsonNode customId, Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeFieldName("custom_id");
      json.writeRawValue(customId.toString());
      json.writeNumberField("line", line);
      body.write(json);
      json.writeEndObject();
      json.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  @FunctionalInterface
  private interface Body {
    void write(JsonGenerator json) throws IOException;
  }
}
