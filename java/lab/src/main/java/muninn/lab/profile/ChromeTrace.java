package muninn.lab.profile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import muninn.lab.profile.Timeline.Event;
import muninn.lab.profile.Timeline.Row;

/**
 * A timeline in Chrome's trace format, which <a href="https://ui.perfetto.dev">Perfetto</a> opens:
 * complete events with times in microseconds from the first one, three processes (host, device,
 * clients), a thread a row. Events are in the order of their beginning, an outer one before those
 * within.
 */
final class ChromeTrace {
  private static final Comparator<Event> ORDER =
      Comparator.comparingLong(Event::from)
          .thenComparing(Comparator.comparingLong(Event::nanos).reversed());

  private ChromeTrace() {}

  /**
   * Writes it.
   *
   * @param about what it was taken on, by name
   */
  static void write(Writer out, List<Event> events, Map<String, String> about) throws IOException {
    List<Event> sorted = events.stream().sorted(ORDER).toList();
    long origin = sorted.isEmpty() ? 0 : sorted.getFirst().from();
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("displayTimeUnit", "ms");
      json.writeObjectFieldStart("otherData");
      for (Map.Entry<String, String> entry : about.entrySet()) {
        json.writeStringField(entry.getKey(), entry.getValue());
      }
      json.writeEndObject();
      json.writeArrayFieldStart("traceEvents");
      names(json, sorted);
      for (Event event : sorted) {
        json.writeRaw("\n");
        event(json, event, origin);
      }
      json.writeEndArray();
      json.writeEndObject();
      json.writeRaw("\n");
    }
  }

  private static void names(JsonGenerator json, List<Event> events) throws IOException {
    name(json, Row.ENGINE, 0, "process_name", "host");
    name(json, Row.DEVICE, 0, "process_name", "device");
    name(json, Row.CLIENT, 0, "process_name", "clients");
    name(json, Row.ENGINE, 0, "thread_name", Row.ENGINE.title());
    name(json, Row.DEVICE, 0, "thread_name", Row.DEVICE.title());
    int clients =
        events.stream()
            .filter(event -> event.row() == Row.CLIENT)
            .mapToInt(Event::number)
            .max()
            .orElse(-1);
    for (int client = 0; client <= clients; client++) {
      name(json, Row.CLIENT, client, "thread_name", Row.CLIENT.title() + " " + (client + 1));
    }
  }

  private static void name(JsonGenerator json, Row row, int number, String what, String name)
      throws IOException {
    json.writeRaw("\n");
    json.writeStartObject();
    json.writeStringField("ph", "M");
    place(json, row, number);
    json.writeStringField("name", what);
    json.writeObjectFieldStart("args");
    json.writeStringField("name", name);
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void event(JsonGenerator json, Event event, long origin) throws IOException {
    boolean moment = event.nanos() == 0 && event.kind().equals("event");
    json.writeStartObject();
    json.writeStringField("ph", moment ? "i" : "X");
    place(json, event.row(), event.number());
    json.writeStringField("name", event.name());
    json.writeStringField("cat", event.kind());
    json.writeFieldName("ts");
    json.writeNumber(micros(event.from() - origin));
    if (moment) {
      json.writeStringField("s", "t");
    } else {
      json.writeFieldName("dur");
      json.writeNumber(micros(event.nanos()));
    }
    if (!event.details().isEmpty()) {
      json.writeObjectFieldStart("args");
      for (Map.Entry<String, Long> detail : event.details().entrySet()) {
        json.writeNumberField(detail.getKey(), detail.getValue());
      }
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private static void place(JsonGenerator json, Row row, int number) throws IOException {
    json.writeNumberField("pid", row.ordinal() + 1);
    json.writeNumberField("tid", number + 1);
  }

  /** Without rounding, so that what is nested stays so. */
  private static BigDecimal micros(long nanos) {
    return BigDecimal.valueOf(nanos, 3);
  }
}
