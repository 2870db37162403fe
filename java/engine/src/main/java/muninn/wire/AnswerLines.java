package muninn.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import muninn.engine.answer.Completion;
import muninn.engine.request.Options;
import muninn.files.Json;

/**
 * The lines of a job's output: who is answered, and the answer or what was wrong; in OpenAI's form
 * for lines that came in it, whose id then holds the number of the line.
 *
 * @param created seconds since 1970, for the form that tells them
 */
public record AnswerLines(AnswerJson format, long created) {
  /** What the ids of wrapped answers begin with; the number of the line follows. */
  public static final String ID = "batch_req_";

  /** The status of an answered request. */
  public static final int OK = 200;

  private static final int BAD_REQUEST = 400;

  /** A result line, its end included. */
  byte[] result(long line, LineParser.Parsed asked, List<Completion> answers) {
    Options options = asked.request().options();
    if (asked.envelope() == null) {
      return plain(
          line, asked, json -> format.write(json, options, answers, AnswerJson.More.NOTHING));
    }
    OpenAiJson object = new OpenAiJson(asked.envelope().kind(), format, asked.envelope().model());
    String id = object.kind().id(Long.toString(line));
    List<Choice> choices = new ArrayList<>();
    for (Completion answer : answers) {
      choices.add(new Choice(options, "", choices.isEmpty(), answer));
    }
    return wrapped(
        line, asked, OK, json -> object.write(json, id, created, Telling.PLAIN, choices));
  }

  /** An error line, its end included. */
  byte[] error(long line, LineParser.Parsed asked, String message) {
    return asked.envelope() == null
        ? plain(line, asked, json -> json.writeStringField("error", message))
        : wrapped(line, asked, BAD_REQUEST, ErrorJson.invalid(message)::write);
  }

  private static byte[] plain(long line, LineParser.Parsed asked, Body body) {
    return line(
        json -> {
          customId(json, asked);
          json.writeNumberField("line", line);
          body.write(json);
        });
  }

  private static byte[] wrapped(long line, LineParser.Parsed asked, int status, Body body) {
    return line(
        json -> {
          json.writeStringField("id", ID + line);
          customId(json, asked);
          json.writeObjectFieldStart("response");
          json.writeNumberField("status_code", status);
          json.writeStringField("request_id", "req_" + line);
          json.writeFieldName("body");
          body.write(json);
          json.writeEndObject();
          json.writeNullField("error");
        });
  }

  private static void customId(JsonGenerator json, LineParser.Parsed asked) throws IOException {
    json.writeFieldName("custom_id");
    json.writeRawValue(asked.customId().toString());
  }

  private static byte[] line(Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
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
