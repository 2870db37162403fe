package muninn.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/** Float arrays in JSON, each number in the fewest digits that give the same float again. */
final class FloatJson {
  private FloatJson() {}

  static void writeArray(JsonGenerator json, float[] values) throws IOException {
    json.writeStartArray();
    for (float value : values) {
      json.writeNumber(value);
    }
    json.writeEndArray();
  }
}
