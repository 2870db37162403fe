package muninn.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Map;

/** Prints one JSON object and a line end; and what several such objects hold alike. */
final class JsonOutput {
  private JsonOutput() {}

  /** What stands between the braces. */
  @FunctionalInterface
  interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  static void print(PrintWriter out, Body body) {
    JsonFactory factory = new JsonFactory();
    factory.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    factory.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
    try (JsonGenerator json = factory.createGenerator(out)) {
      json.writeStartObject();
      body.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    out.println();
    out.flush();
  }

  /** What weights are kept in: the format of most bytes of matrices, and the bytes of each. */
  static void weights(JsonGenerator json, Map<String, Long> matrixBytes) throws IOException {
    json.writeStringField("weights", matrixBytes.keySet().iterator().next());
    json.writeObjectFieldStart("matrix_bytes");
    for (Map.Entry<String, Long> format : matrixBytes.entrySet()) {
      json.writeNumberField(format.getKey(), format.getValue());
    }
    json.writeEndObject();
  }
}
