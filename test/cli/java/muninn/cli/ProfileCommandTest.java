package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import muninn.cuda.Emulated;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a profile says of itself; how fast anything is, no test asks. */
class ProfileCommandTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** What a run without clients in each other's way finds each time anew. */
  private static final Set<String> FIXED =
      Set.of(
          "wait",
          "count",
          "stage",
          "operation",
          "calls",
          "lanes",
          "bytes",
          "flop",
          "round",
          "request",
          "client",
          "prompt_tokens",
          "tokens",
          "timed",
          "limit",
          "name");

  @TempDir Path folder;

  @Test
  void theObjectIsThatOfTheGoldenFile() throws IOException {
    ObjectNode found = (ObjectNode) json(profile("--json"));
    ObjectNode tables = (ObjectNode) found.get("tables");
    tables.set("percentiles", first(tables.get("percentiles")));
    sort((ArrayNode) tables.get("operations"));
    String shape = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(shape(found, ""));

    Path beside = Path.of("target", "profile.json");
    if (Files.isDirectory(beside.getParent())) {
      Files.writeString(beside, shape + "\n"); // to be looked at, where it differs
    }
    assertThat(shape).isEqualTo(resource("/lab/profile.json").strip());
  }

  @Test
  void stagesHostAndIdleTimeAddUpToTheWalls() throws IOException {
    for (String[] load : List.of(new String[] {"--clients", "3"}, new String[] {"--rate", "50"})) {
      addsUp(json(profile(load[0], load[1], "--requests", "6", "--json")));
    }
  }

  private static void addsUp(JsonNode json) {
    double wall = 0;
    for (JsonNode round : json.at("/tables/rounds")) {
      assertThat(round.get("busy_nanos").asLong())
          .isPositive()
          .isLessThanOrEqualTo(round.get("wall_nanos").asLong());
      wall += round.get("timed").asText().equals("stages") ? round.get("wall_nanos").asLong() : 0;
    }
    double sum = 0;
    double shares = 0;
    for (JsonNode stage : json.at("/tables/stages")) {
      if (!stage.get("stage").asText().equals("unaccounted")) {
        sum += stage.get("nanos").asDouble();
        shares += stage.get("share_of_wall").asDouble();
        assertThat(stage.get("nanos").asDouble()).isNotNegative();
      }
    }
    assertThat(sum).isCloseTo(wall, within(0.03 * wall));
    assertThat(shares).isCloseTo(1, within(0.03));
  }

  @Test
  void whatACardIsExpectedToTakeStandsBesideWhatWasMeasured() throws IOException {
    JsonNode json = json(profile("--card", "h100", "--json"));
    for (JsonNode row : json.at("/tables/operations")) {
      assertThat(row.get("expected_nanos").asDouble()).as(row.toString()).isPositive();
    }
    double operations = 0;
    for (JsonNode row : json.at("/tables/operations")) {
      operations += row.get("expected_nanos").asDouble();
    }
    double stages = 0;
    for (JsonNode row : json.at("/tables/stages")) {
      stages += row.path("expected_nanos").asDouble();
    }
    // Operations that follow one another have fetched weights meanwhile.
    assertThat(stages).isBetween(0.3 * operations, 1.000001 * operations);
    assertThat(profile("--card", "h100").out()).contains("by a timing model of H100 SXM");
  }

  @Test
  void operationsOfAStageTakeItsTimeAndNoMore() throws IOException {
    JsonNode json = json(profile("--json"));
    double bytesPerSecond = perSecond(json, "read");
    double flopPerSecond = perSecond(json, "multiply");
    for (JsonNode row : json.at("/tables/operations")) {
      double nanos = row.get("nanos").asDouble();
      assertThat(row.get("bytes").asLong()).as(row.toString()).isPositive();
      assertThat(row.get("bytes_per_second").asDouble())
          .isCloseTo(
              row.get("bytes").asDouble() * 1e9 / nanos,
              within(1e-6 * row.get("bytes_per_second").asDouble()));
      double floor =
          1e9
              * Math.max(
                  row.get("bytes").asDouble() / bytesPerSecond,
                  row.get("flop").asDouble() / flopPerSecond);
      // Of several calls, each bound by one or the other.
      assertThat(row.get("floor_nanos").asDouble()).isGreaterThanOrEqualTo(0.999999 * floor);
      assertThat(row.get("of_ceiling").asDouble())
          .isCloseTo(
              row.get("floor_nanos").asDouble() / nanos,
              within(1e-6 * row.get("of_ceiling").asDouble()));
    }
    double shares = 0;
    for (JsonNode row : json.at("/tables/operations")) {
      shares += row.get("share_of_operations").asDouble();
    }
    assertThat(shares).isCloseTo(1, within(1e-9));
    // Products of a stage and of its operations are the same ones.
    assertThat(flop(json, "operations")).isEqualTo(flop(json, "stages"));
  }

  private static Map<String, Long> flop(JsonNode json, String table) {
    Map<String, Long> flop = new HashMap<>();
    for (JsonNode row : json.at("/tables/" + table)) {
      if (row.get("flop").asLong() > 0) {
        flop.merge(row.get("stage").asText(), row.get("flop").asLong(), Long::sum);
      }
    }
    return flop;
  }

  private static double perSecond(JsonNode json, String limit) {
    double most = 0;
    for (JsonNode ceiling : json.at("/tables/ceilings")) {
      if (ceiling.get("limit").asText().equals(limit)) {
        most = Math.max(most, ceiling.get("per_second").asDouble());
      }
    }
    return most;
  }

  @Test
  void theTimelineIsOnePerfettoOpens() throws IOException {
    Path file = folder.resolve("trace.json");
    Cli.Result result = profile("--clients", "2", "--timeline", file.toString());

    assertThat(result.code()).as(result.err()).isZero();
    timelineIsSound(MAPPER.readTree(file.toFile()));
  }

  /** Every event on a row that has a name, in order, beside or within the one before. */
  private static void timelineIsSound(JsonNode trace) {
    Map<String, Deque<Double>> open = new HashMap<>();
    Set<String> named = new TreeSet<>();
    Set<String> names = new TreeSet<>();
    double last = 0;
    for (JsonNode event : trace.get("traceEvents")) {
      String row = event.get("pid") + "/" + event.get("tid");
      if (event.get("ph").asText().equals("M")) {
        if (event.get("name").asText().equals("thread_name")) {
          named.add(row);
        }
        continue;
      }
      double from = event.get("ts").asDouble();
      assertThat(named).contains(row);
      assertThat(from).isGreaterThanOrEqualTo(last);
      last = from;
      names.add(event.get("name").asText());
      if (event.get("ph").asText().equals("X")) {
        double to = Math.round((from + event.get("dur").asDouble()) * 1000) / 1000.0;
        Deque<Double> around = open.computeIfAbsent(row, _ -> new ArrayDeque<>());
        while (!around.isEmpty() && around.peek() <= from) {
          around.pop();
        }
        assertThat(to)
            .as(event.toString())
            .isLessThanOrEqualTo(around.isEmpty() ? Double.MAX_VALUE : around.peek());
        around.push(to);
      } else {
        assertThat(event.get("ph").asText()).isEqualTo("i");
      }
    }
    assertThat(named).contains("1/1", "2/1", "3/1", "3/2");
    assertThat(names)
        .contains("tick", "admission", "enqueue core", "core", "head", "gate up", "mlp out")
        .contains("request 1", "to first token");
    assertThat(trace.at("/otherData/command").asText()).startsWith("muninn profile ");
  }

  @Test
  void aLongLoadIsDrawnAsFarAsAskedInWholeTicks() throws IOException {
    Path file = folder.resolve("trace.json");
    profile("--timeline", file.toString(), "--timeline-events", "10", "--requests", "4");

    JsonNode events = MAPPER.readTree(file.toFile()).get("traceEvents");
    int ticks = 0;
    for (JsonNode event : events) {
      ticks += event.get("name").asText().equals("tick") ? 1 : 0;
    }
    assertThat(ticks).isBetween(2, 20);
  }

  @Test
  void aReportHasItsFilesAndATableOfAtMostAHundredColumnsIsPrinted() throws IOException {
    Path page = folder.resolve("p.html");
    Cli.Result result = profile("--report", page.toString(), "--rate", "200");

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out().lines()).allMatch(line -> line.length() <= 100);
    assertThat(result.out())
        .contains("Open loop, 200 requests/s", "of ceiling", "took longer for being timed");
    assertThat(Files.readString(page))
        .contains("Where the time goes", "Roofline", "Percentiles", "What the clocks cost")
        .contains("as submitted")
        .contains("\"renderItem\":\"stretch\"");
    for (String table : List.of("stages", "operations", "latencies", "percentiles", "requests")) {
      assertThat(folder.resolve("p." + table + ".csv")).isNotEmptyFile();
    }
    assertThat(MAPPER.readTree(folder.resolve("p.json").toFile()).at("/tables/stages"))
        .isNotEmpty();
  }

  @Test
  void aFlightRecordingHasTheEnginesEvents() throws IOException {
    Path file = folder.resolve("p.jfr");
    assertThat(profile("--jfr", file.toString()).code()).isZero();

    assertThat(RecordingFile.readAllEvents(file).stream().map(ProfileCommandTest::name).distinct())
        .contains("muninn.Tick", "muninn.Admission", "muninn.Exit");
  }

  private static String name(RecordedEvent event) {
    return event.getEventType().getName();
  }

  @Test
  void theCudaDeviceIsTimedByItsOwnClock() throws IOException {
    Emulated.driver(); // skips where it cannot be built
    Path file = folder.resolve("trace.json");
    Cli.Result result =
        Cli.run(
            ("profile --quick --device emulated --dtype bfloat16 --clients 2 --max-lanes 8"
                    + " --model random:64x4x96,vocab=100,context=32,layers=1/1/1 --steps 2"
                    + " --prompt-tokens 3 --max-tokens 3 --read-memory 1MB --json --timeline "
                    + file)
                .split(" "));

    JsonNode json = json(result);
    assertThat(json.at("/header/device").asText()).contains("emulated", "bfloat16");
    addsUp(json);
    timelineIsSound(MAPPER.readTree(file.toFile()));
  }

  @Test
  void answersThatSpeculateAndExitAreTimedToo() throws IOException {
    JsonNode json =
        json(profile("--exit", "entropy-diff", "--min-steps", "2", "--json", "--steps", "6"));

    List<String> stages = new ArrayList<>();
    json.at("/tables/stages").forEach(row -> stages.add(row.get("stage").asText()));
    assertThat(stages).contains("exits");
    assertThat(json.at("/header/settings/exit").asText())
        .isEqualTo("entropy-diff 0.001, from step 2, every 1");
    assertThat(profile("--speculate", "wavefront:draft=1", "--json").code()).isZero();
  }

  @Test
  void whatCannotBeWrittenOrReadIsOneSentence() {
    Path nowhere = folder.resolve("no/such/file");
    for (String option : List.of("--timeline", "--jfr")) {
      Cli.Result result = profile(option, nowhere.toString());
      assertThat(result.code()).isEqualTo(1);
      assertThat(result.err())
          .startsWith("muninn: %s %s: its folder does not exist".formatted(option, nowhere))
          .hasLineCount(1);
    }
    Cli.Result text = profile("--prompt", "1+1=");
    assertThat(text.code()).isEqualTo(1);
    assertThat(text.err().lines().toList().getLast())
        .startsWith("muninn: ")
        .contains("has no tokenizer.json, so it cannot read --prompt: leave it out");
    Cli.Result steps = profile("--steps", "9", "--max-steps", "4", "--speculate", "rounds:draft=9");
    assertThat(steps.code()).isEqualTo(2);
    assertThat(steps.err()).startsWith("muninn: --speculate drafts at 9 steps and steps is 9");
  }

  private static Cli.Result profile(String... options) {
    List<String> all =
        new ArrayList<>(
            List.of("profile", "--quick", "--device", "cpu", "--threads", "2", "--steps", "4"));
    all.addAll(List.of("--model", Cli.nano(), "--prompt-tokens", "5", "--max-tokens", "3"));
    all.addAll(List.of("--read-memory", "8MB", "--max-lanes", "16"));
    for (String option : options) { // what is stated twice, picocli refuses
      int at = option.startsWith("--") ? all.indexOf(option) : -1;
      if (at >= 0) {
        all.subList(at, at + 2).clear();
      }
    }
    all.addAll(List.of(options));
    if (all.contains("--prompt")) {
      int at = all.indexOf("--prompt-tokens");
      all.subList(at, at + 2).clear();
    }
    return Cli.run(all.toArray(String[]::new));
  }

  private static JsonNode json(Cli.Result result) throws IOException {
    assertThat(result.code()).as(result.err()).isZero();
    return MAPPER.readTree(result.out());
  }

  private static ArrayNode first(JsonNode rows) {
    return MAPPER.createArrayNode().add(rows.get(0));
  }

  private static void sort(ArrayNode rows) {
    List<JsonNode> sorted = new ArrayList<>();
    rows.forEach(sorted::add);
    sorted.sort(
        Comparator.comparing(row -> row.get("stage").asText() + row.get("operation").asText()));
    rows.removeAll().addAll(sorted);
  }

  /** Values that are the same each time as they are, of others their kind. */
  private static JsonNode shape(JsonNode node, String name) {
    if (node.isObject()) {
      ObjectNode shape = MAPPER.createObjectNode();
      node.properties().forEach(e -> shape.set(e.getKey(), shape(e.getValue(), e.getKey())));
      return shape;
    }
    if (node.isArray()) {
      ArrayNode shape = MAPPER.createArrayNode();
      if (name.equals("command")) {
        return shape.add("text");
      }
      node.forEach(each -> shape.add(shape(each, name)));
      return shape;
    }
    if (FIXED.contains(name) || node.isNull()) {
      return node;
    }
    return MAPPER.getNodeFactory().textNode(node.isTextual() ? "text" : "number");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = ProfileCommandTest.class.getResourceAsStream(name)) {
      return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
