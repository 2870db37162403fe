package muninn.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import muninn.UserException;

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

  /**
   * To a file, or to the output of a command.
   *
   * @param name of the file; - for the output
   * @param json prints it
   * @throws UserException when the file cannot be written
   */
  static void to(String name, Console console, Consumer<PrintWriter> json) {
    if (name.equals("-")) {
      json.accept(console.out());
      return;
    }
    Path file = Path.of(name);
    try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file, StandardCharsets.UTF_8))) {
      json.accept(out);
      if (out.checkError()) {
        throw new IOException("the disk may be full");
      }
    } catch (IOException e) {
      throw UserException.because(e, "cannot write %s: %s", file, e.getMessage());
    }
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
