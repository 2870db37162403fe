package muninn.lab.profile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import muninn.lab.profile.Timeline.Event;
import muninn.lab.profile.Timeline.Row;
import org.junit.jupiter.api.Test;

class ChromeTraceTest {

  private static JsonNode trace(List<Event> events) throws IOException {
    StringWriter out = new StringWriter();
    ChromeTrace.write(out, events, Map.of("command", "muninn \"profile\" </script>"));
    return new ObjectMapper().readTree(out.toString());
  }

  private static Event event(Row row, int number, String name, long from, long to) {
    return new Event(row, number, "stage", name, from, to, Map.of("lanes", 3L));
  }

  @Test
  void eventsStandInOrderOuterBeforeInnerCountedFromTheFirst() throws IOException {
    JsonNode trace =
        trace(
            List.of(
                event(Row.DEVICE, 0, "inner", 2_001_500, 2_002_000),
                event(Row.ENGINE, 0, "tick", 2_001_000, 2_009_000),
                event(Row.DEVICE, 0, "outer", 2_001_500, 2_004_000)));

    List<String> names = new ArrayList<>();
    for (JsonNode event : trace.get("traceEvents")) {
      if (event.get("ph").textValue().equals("X")) {
        names.add(event.get("name").textValue() + " " + event.get("ts") + " " + event.get("dur"));
      }
    }
    assertThat(names).containsExactly("tick 0.0 8.0", "outer 0.5 2.5", "inner 0.5 0.5");
    assertThat(trace.at("/otherData/command").textValue())
        .isEqualTo("muninn \"profile\" </script>");
  }

  @Test
  void everyRowHasAName() throws IOException {
    JsonNode trace = trace(List.of(event(Row.CLIENT, 1, "request", 0, 5)));

    List<String> rows = new ArrayList<>();
    for (JsonNode event : trace.get("traceEvents")) {
      if (event.get("name").textValue().equals("thread_name")) {
        rows.add(
            event.get("pid") + "/" + event.get("tid") + " " + event.at("/args/name").textValue());
      }
    }
    assertThat(rows).contains("3/1 client 1", "3/2 client 2").hasSize(4);
  }

  @Test
  void aMomentIsNoStretchAndNothingIsATraceToo() throws IOException {
    Event moment = new Event(Row.ENGINE, 0, "event", "exit", 7, 7, Map.of());

    JsonNode events = trace(List.of(moment)).get("traceEvents");
    JsonNode last = events.get(events.size() - 1);
    assertThat(last.get("ph").textValue()).isEqualTo("i");
    assertThat(last.has("dur") || last.has("args")).isFalse();
    assertThat(trace(List.of()).get("traceEvents")).hasSize(5);
  }
}
