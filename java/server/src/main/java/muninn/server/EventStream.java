package muninn.server;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import muninn.files.Json;

/**
 * Events that a server sends (the event stream of HTML's standard), each a line of JSON. An answer
 * that is whole ends with {@code [DONE]}; one that breaks off has none, and its connection breaks
 * too.
 */
final class EventStream {
  private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

  private final OutputStream out;
  private final ByteArrayOutputStream event = new ByteArrayOutputStream(512);

  EventStream(Exchange exchange) {
    out = exchange.stream("text/event-stream");
  }

  void send(Exchange.Body body) throws IOException {
    event.reset();
    event.write(DATA);
    try (JsonGenerator json = Json.FACTORY.createGenerator(event)) {
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      body.write(json);
    }
    event.write(END);
    event.writeTo(out);
  }

  /** Lets the client have what was sent. */
  void flush() throws IOException {
    out.flush();
  }

  void done() throws IOException {
    out.write(DONE);
    out.flush();
    out.close();
  }
}
