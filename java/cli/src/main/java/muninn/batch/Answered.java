package muninn.batch;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.util.BitSet;
import muninn.UserException;
import muninn.files.Json;
import muninn.files.Line;
import muninn.files.Lines;
import muninn.wire.AnswerLines;

/**
 * The line numbers that an output file already answers.
 *
 * @param lines bit n is line n
 * @param errors how many of the answers are errors
 */
record Answered(BitSet lines, long errors) {

  /**
   * Reads an output of whole lines.
   *
   * @throws UserException when a line is no answer, or answers a line for the second time
   */
  static Answered read(InputStream in, String file) throws IOException {
    BitSet lines = new BitSet();
    long errors = 0;
    Lines reader = new Lines(in, Integer.MAX_VALUE - 64);
    for (Line line = reader.next(); line != null; line = reader.next()) {
      Found found = find(line.bytes());
      if (found.line < 1) {
        throw UserException.of(
            "%s line %d is not an answer of a batch job: restore the file, or start over with"
                + " --overwrite",
            file, line.number());
      }
      if (lines.get(found.line)) {
        throw UserException.of(
            "%s line %d answers input line %d a second time: restore the file, or start over with"
                + " --overwrite",
            file, line.number(), found.line);
      }
      lines.set(found.line);
      errors += found.error ? 1 : 0;
    }
    return new Answered(lines, errors);
  }

  private record Found(int line, boolean error) {}

  private static Found find(byte[] bytes) {
    int line = 0;
    boolean error = false;
    try (JsonParser json = Json.FACTORY.createParser(bytes)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return new Found(0, false);
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (name.equals("line") && value == JsonToken.VALUE_NUMBER_INT) {
          line = json.getIntValue();
        } else if (name.equals("id") && value == JsonToken.VALUE_STRING) {
          line = wrapped(json.getText());
        } else if (name.equals("response") && value == JsonToken.START_OBJECT) {
          error |= failed(json);
          continue;
        }
        error |= name.equals("error") && value != JsonToken.VALUE_NULL;
        json.skipChildren();
      }
      return new Found(line, error);
    } catch (IOException e) {
      return new Found(0, false);
    }
  }

  /** The line that a wrapped answer's id names, or 0. */
  private static int wrapped(String id) {
    boolean ours = id.startsWith(AnswerLines.ID);
    String number = ours ? id.substring(AnswerLines.ID.length()) : "";
    return number.matches("[0-9]{1,9}") ? Integer.parseInt(number) : 0;
  }

  /** Whether a response that the parser has entered is that to a bad request; leaves it. */
  private static boolean failed(JsonParser json) throws IOException {
    boolean failed = false;
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      boolean status = json.currentName().equals("status_code");
      json.nextToken();
      failed |= status && json.getValueAsInt() != AnswerLines.OK;
      json.skipChildren();
    }
    return failed;
  }
}
