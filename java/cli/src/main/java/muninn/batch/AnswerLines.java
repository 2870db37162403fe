package muninn.batch;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import muninn.engine.Completion;
import muninn.engine.Options;
import muninn.files.Json;
import muninn.wire.AnswerJson;

/** The lines of a job's output: who is answered, and the answer or what was wrong. */
record AnswerLines(AnswerJson format) {

  /** A result line, its end included. */
  byte[] result(long line, JsonNode customId, Options options, Completion completion) {
    return line(line, customId, json -> format.write(json, options, completion));
  }

  /** An error line, its end included. */
  byte[] error(long line, JsonNode customId, String message) {
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
