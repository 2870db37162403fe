package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import muninn.cuda.Emulated;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a benchmark says of itself; how fast anything is, no test asks. */
class BenchCommandTest {
  private static final String MODEL = "random:64x4x96,vocab=304,context=64,layers=1/2/1";

  @TempDir Path folder;

  @Test
  void theObjectSaysWhatWasMeasuredOnWhatAndHowToRepeatIt() throws IOException {
    JsonNode json = json(bench("--lanes", "1,3", "--prefill", "20", "--steps", "2", "--json", "-"));

    JsonNode header = json.get("header");
    assertThat(header.get("muninn").asText()).matches("\\d+\\.\\d+.*");
    assertThat(header.get("date").asText()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
    assertThat(header.get("command").get(0).asText()).isEqualTo("bench");
    assertThat(header.get("command")).hasSizeGreaterThan(10);
    assertThat(header.get("device").asText()).contains("cpu (2 threads");
    assertThat(header.get("platform").asText()).contains("Java");
    assertThat(header.get("processor").asText()).isNotEmpty();
    assertThat(header.get("model").asText()).isEqualTo(MODEL);
    assertThat(header.at("/config/n_embd").asInt()).isEqualTo(64);
    assertThat(header.get("weights").asText()).isEqualTo("bfloat16");
    assertThat(header.get("matrix_bytes")).hasSize(1);
    assertThat(header.get("operands").asText()).isEqualTo("float32");
    assertThat(header.get("context").asInt()).isEqualTo(64);
    assertThat(json.get("ceilings")).hasSize(2);
    assertThat(header.get("load_before").asDouble()).isNotNegative();
    assertThat(json.at("/ceilings/0/amount").asLong()).isGreaterThanOrEqualTo(8_000_000);

    assertThat(names(json.get("operations"), 1))
        .containsExactly(
            "embed",
            "norm",
            "qkv",
            "attention",
            "attention out",
            "norm pair",
            "gate up",
            "mlp out",
            "initial state",
            "adapter",
            "head",
            "draw greedy",
            "draw top-p");
    assertThat(names(json.get("operations"), 3)).isEqualTo(names(json.get("operations"), 1));
    assertThat(names(json.get("ticks"), 3)).containsExactly("prelude", "core", "coda and head");
    assertThat(names(json.get("prefill"), 20)).containsExactly("prelude", "core");
    assertThat(json.get("generation")).hasSize(1);
  }

  @Test
  void theHeaderNamesWhatTheMatricesAreKeptIn() throws IOException {
    JsonNode header =
        json(bench("--weights", "int4", "--sections", "ticks", "--lanes", "1", "--json", "-"))
            .get("header");

    assertThat(header.get("matrix_bytes").properties())
        .extracting(Map.Entry::getKey)
        .containsExactlyInAnyOrder("int4", "bfloat16");
    assertThat(header.get("weights").asText())
        .isEqualTo(header.get("matrix_bytes").properties().iterator().next().getKey());
  }

  @Test
  void floorsAndSharesFollowFromCeilingsBytesAndFlop() throws IOException {
    JsonNode json = json(bench("--lanes", "1,3", "--prefill", "20", "--steps", "2", "--json", "-"));

    double bytesPerSecond = json.at("/limits/bytes_per_second").asDouble();
    double flopPerSecond = json.at("/limits/flop_per_second").asDouble();
    for (JsonNode ceiling : json.get("ceilings")) {
      double perSecond =
          ceiling.get("amount").asDouble() * 1e9 / ceiling.get("fastest_nanos").asDouble();
      boolean read = ceiling.get("limit").asText().equals("read");
      assertThat(ceiling.get("per_second").asDouble())
          .isCloseTo(perSecond, within(1e-6 * perSecond))
          .isEqualTo(read ? bytesPerSecond : flopPerSecond);
    }
    for (String section : List.of("operations", "ticks", "prefill")) {
      for (JsonNode row : json.get(section)) {
        double reading = row.get("bytes").asDouble() / bytesPerSecond;
        double multiplying = row.get("flop").asDouble() / flopPerSecond;
        double floor = 1e9 * Math.max(reading, multiplying);
        double nanos = row.get("nanos").asDouble();
        assertThat(nanos).isPositive();
        assertThat(row.get("spread").asDouble()).isNotNegative();
        assertThat(row.get("rounds").asInt()).isBetween(1, 2);
        assertThat(row.get("floor_nanos").asDouble()).isCloseTo(floor, within(1e-6 * floor));
        assertThat(row.get("of_floor").asDouble())
            .isCloseTo(floor / nanos, within(1e-6 * floor / nanos));
        assertThat(row.get("bound").asText())
            .isEqualTo(reading >= multiplying ? "memory" : "arithmetic");
      }
    }

    // A core pass of one lane at the end of 64 positions, two blocks: every weight once.
    long weights = 2 * (3 * 64 * 64 + 64 * 64 + 2 * 96 * 64 + 64 * 96) + 64 * 128;
    JsonNode core = json.at("/ticks/1");
    assertThat(core.get("name").asText()).isEqualTo("core");
    assertThat(core.get("flop").asLong()).isEqualTo(2 * weights + 2 * (4 * 64 * 64));
    assertThat(core.get("bytes").asLong())
        .isEqualTo(2 * weights + 2 * (2 * 4 * 64 * 64 + 2 * 4 * 64) + 3 * 4 * 64);

    JsonNode token = json.at("/generation/0");
    assertThat(token.get("tokens_per_second").asDouble())
        .isCloseTo(1e9 / token.get("nanos").asDouble(), within(1e-3));
    assertThat(token.get("first_token_nanos").asDouble()).isPositive();
    assertThat(token.get("of_floor").asDouble()).isPositive();
    assertThat(token.get("ticks").asInt()).isEqualTo(2 * 3);
    assertThat(token.get("ticks_implied").asInt()).isEqualTo(2 * 3);
    double ticks = 0;
    for (JsonNode stage : json.get("ticks")) {
      if (stage.get("lanes").asInt() == 1) {
        int times = stage.get("name").asText().equals("core") ? 2 : 1;
        ticks += times * stage.get("nanos").asDouble();
      }
    }
    assertThat(token.get("ticks_nanos").asDouble()).isCloseTo(ticks, within(1e-6 * ticks));
  }

  @Test
  void theCudaDeviceIsMeasuredLikeAnyOther() throws IOException {
    Emulated.driver(); // skips where it cannot be built
    String options =
        "--device emulated --rounds 1 --read-memory 1MB --lanes 1,9 --context 20 --prefill 12"
            + " --steps 2 --batch 2 --json -";
    JsonNode json = json(run(List.of(options.split(" "))));

    assertThat(json.at("/header/device").asText()).contains("emulated", "bfloat16");
    assertThat(json.at("/header/platform").asText()).contains("driver for CUDA");
    assertThat(json.at("/header/weights").asText()).isEqualTo("bfloat16");
    assertThat(json.at("/header/operands").asText()).isEqualTo("bfloat16");
    assertThat(json.at("/header/cache_bytes").asLong()).isPositive();
    assertThat(names(json.get("operations"), 9)).hasSize(13);
    assertThat(names(json.get("ticks"), 9)).hasSize(3);
    assertThat(names(json.get("prefill"), 12)).hasSize(2);
    assertThat(json.at("/generation/0/batch").asInt()).isEqualTo(2);
    assertThat(json.at("/generation/0/tokens_per_second").asDouble()).isPositive();
  }

  @Test
  void tablesFitAHundredColumnsAndTheObjectGoesToItsFile() throws IOException {
    Path file = folder.resolve("bench.json");
    Cli.Result result =
        bench("--lanes", "2", "--prefill", "9", "--steps", "1", "--json", file.toString());

    assertThat(result.code()).isZero();
    assertThat(result.out().lines()).allMatch(line -> line.length() <= 100);
    assertThat(result.out())
        .contains("cpu (2 threads", MODEL, "ceiling", "GB/s", "of floor", "gate up")
        .contains("Operations, each lane after 64 positions")
        .contains("tokens/s", "first token", ", load before ")
        .contains("Spread of the rounds: ")
        .contains("Answers took the ticks that their steps imply.");
    assertThat(result.err()).contains("bench: operations, 2 lanes").doesNotContain("muninn:");
    JsonNode json = new ObjectMapper().readTree(Files.readString(file));
    assertThat(names(json.get("ticks"), 2)).hasSize(3);
  }

  @Test
  void operandsAreCalledWhatTheyAreRoundedTo() throws IOException {
    String[] ticks = {"--sections", "ticks", "--lanes", "1", "--json", "-", "--dtype", ""};
    for (String dtype : List.of("float32", "bfloat16")) {
      ticks[ticks.length - 1] = dtype;
      assertThat(json(bench(ticks)).at("/header/operands").asText()).isEqualTo(dtype);
    }
  }

  @Test
  void onlyTheSectionsAskedForAreMeasured() throws IOException {
    JsonNode json = json(bench("--sections", "ticks", "--lanes", "1", "--json", "-"));

    assertThat(json.at("/header/sections")).hasToString("[\"ticks\"]");
    assertThat(json.get("ticks")).hasSize(3);
    assertThat(json.get("operations")).isEmpty();
    assertThat(json.get("prefill")).isEmpty();
    assertThat(json.get("generation")).isEmpty();
  }

  @Test
  void everyVariantIsTimedBesideTheCpuAndOneIsTaken() throws IOException {
    Emulated.driver(); // skips where it cannot be built
    String options =
        "--device emulated --rounds 1 --read-memory 1MB --lanes 1,9 --context 20 --variants --json"
            + " -";
    JsonNode json = json(run(List.of(options.split(" "))));

    assertThat(json.at("/header/sections")).hasToString("[\"variants\"]");
    assertThat(json.get("operations")).isEmpty();
    assertThat(new HashSet<>(names(json.get("variants"), 9)))
        .containsExactlyInAnyOrder(
            "qkv", "attention", "attention out", "gate up", "mlp out", "adapter", "head");
    List<String> taken = new ArrayList<>();
    for (JsonNode one : json.get("variants")) {
      assertThat(one.get("nanos").asDouble()).isPositive();
      assertThat(one.get("cpu_nanos").asDouble()).isPositive();
      if (one.get("taken").asBoolean() && one.get("name").asText().equals("head")) {
        taken.add(one.get("lanes").asInt() + " " + one.get("kernels").asText());
      }
    }
    assertThat(taken).containsExactly("1 linear_store=n8", "9 linear_store=n16");

    Cli.Result cpu = bench("--variants", "--lanes", "1");
    assertThat(cpu.code()).isEqualTo(1);
    assertThat(cpu.err()).contains("has one way for each operation");
  }

  @Test
  void launchesAreCountedByOperation() throws IOException {
    String command = "--device emulated --counters --lanes 2 --context 20 --sample 8 --json -";
    JsonNode json = json(run(List.of(command.split(" ", -1))));
    assertThat(json.at("/header/kind").asText()).contains("not measured");
    assertThat(json.at("/header/card").asText()).isEqualTo("h100");
    JsonNode gate = null;
    for (JsonNode launch : json.get("launches")) {
      assertThat(launch.get("kernel").asText()).isNotEmpty();
      assertThat(launch.get("sector_efficiency").asDouble()).isBetween(0.01, 1.0);
      if (launch.get("operation").asText().equals("gate up")) {
        gate = launch;
      }
    }
    assertThat(gate).isNotNull();
    assertThat(gate.get("kernel").asText()).isEqualTo("linear_swiglu_8_bf16");
    assertThat(gate.get("lanes").asInt()).isEqualTo(2);
    assertThat(gate.get("weight_sector_efficiency").asDouble()).isEqualTo(1);
    assertThat(gate.get("weight_passes").asDouble()).isEqualTo(1);
    assertThat(gate.get("bytes_in_flight").asLong()).isPositive();
    assertThat(gate.get("bank_conflict_ratio").asDouble()).isEqualTo(1);
    assertThat(gate.get("mma_per_warp").asDouble()).isPositive();
    assertThat(gate.get("parameters")).anyMatch(p -> p.get("name").asText().equals("weights"));
    assertThat(gate.get("conflicts")).isEmpty();
  }

  @Test
  void whatACardIsExpectedToTakeStandsBesideWhatIsMeasured() throws IOException {
    String[] options = {"--sections", "operations,ticks", "--lanes", "1", "--card", "h200"};
    Cli.Result table = bench(options);
    assertThat(table.out())
        .contains("expected", "Expected: what a timing model says of H200 SXM, not measured");
    assertThat(table.out().lines()).allMatch(line -> line.length() <= 100);
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("--json", "-"));
    JsonNode json = json(bench(all.toArray(String[]::new)));
    assertThat(json.at("/header/expected_for").asText()).isEqualTo("h200");
    assertThat(json.get("ticks")).allMatch(row -> row.get("expected_nanos").asDouble() > 0);
  }

  @Test
  void eachResultIsALineAsSoonAsItIsThere() throws IOException {
    Path lines = folder.resolve("lines.jsonl");
    Files.writeString(lines, "{\"section\":\"before\"}\n");
    bench("--sections", "ticks", "--lanes", "1,2", "--lines", lines.toString());
    List<String> sections = new ArrayList<>();
    for (String line : Files.readAllLines(lines)) {
      sections.add(new ObjectMapper().readTree(line).get("section").asText());
    }
    assertThat(sections)
        .startsWith("before", "ceilings")
        .contains("header")
        .endsWith("ticks", "ticks", "ticks");
  }

  @Test
  void anotherWayIsTimedInTurnWithTheUsualOne() throws IOException {
    Path lines = folder.resolve("lines.jsonl");
    Cli.Result result =
        run(
            List.of(
                "--device",
                "emulated",
                "--rounds",
                "2",
                "--lanes",
                "1",
                "--context",
                "20",
                "--against",
                "pdl=off;blocks=1",
                "--lines",
                lines.toString()));
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("pdl=off", "blocks=1", "ratio");
    JsonNode first = new ObjectMapper().readTree(Files.readAllLines(lines).getFirst());
    assertThat(first.get("kernels").asText()).isEqualTo("pdl=off");
    assertThat(first.get("ratio").asDouble()).isPositive();
  }

  @Test
  void aTimelineIsATableAndATraceOfEveryBlock() throws IOException {
    Emulated.driver(); // skips where it cannot be built
    Path file = folder.resolve("step.json");
    Path lines = folder.resolve("lines.jsonl");
    String options = "--device emulated --lanes 1,9 --context 20 --timeline " + file + " --lines ";
    Cli.Result result = run(List.of((options + lines).split(" ")));
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("9 lanes, each after 20 positions", "norm pair", "overlap");
    JsonNode trace = new ObjectMapper().readTree(Files.readString(file));
    assertThat(trace.get("launches")).hasSize(Files.readAllLines(lines).size());
    assertThat(trace.get("traceEvents")).hasSizeGreaterThan(2 * trace.get("launches").size());
    JsonNode first = new ObjectMapper().readTree(Files.readAllLines(lines).getFirst());
    assertThat(first.get("section").asText()).isEqualTo("timeline");
    assertThat(first.get("operation").asText()).isEqualTo("adapter");
    assertThat(first.get("end_nanos").asLong()).isPositive();

    Files.writeString(file, "mine");
    Cli.Result refused = run(List.of((options + lines).split(" ")));
    assertThat(refused.code()).isNotZero();
    assertThat(Files.readString(file)).isEqualTo("mine");
  }

  @Test
  void launchesAreCountedOnTheEmulatedDeviceAlone() {
    Cli.Result result = run(List.of("--device", "cpu", "--counters"));
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("device is cpu: use emulated");
  }

  @Test
  void aFileThatCannotBeWrittenIsFoundBeforeAnythingIsMeasured() {
    for (String file : List.of(folder.toString(), folder.resolve("no/such/file").toString())) {
      Cli.Result result = bench("--json", file);

      assertThat(result.code()).isEqualTo(1);
      assertThat(result.err()).startsWith("muninn: --json " + file).hasLineCount(1);
    }
  }

  @Test
  void aModelThatIsNoneIsOneSentence() {
    Cli.Result result = Cli.run("bench", "--model", "random:64x3x96");

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).startsWith("muninn: random:64x3x96: ").hasLineCount(1);
  }

  private static Cli.Result bench(String... options) {
    List<String> all = new ArrayList<>(List.of("--device", "cpu", "--threads", "2"));
    all.addAll(List.of("--rounds", "2", "--read-memory", "8MB"));
    all.addAll(List.of(options));
    return run(all);
  }

  private static Cli.Result run(List<String> options) {
    List<String> all = new ArrayList<>(List.of("bench", "--quick", "--max-tokens", "3"));
    all.addAll(List.of("--model", MODEL, "--max-lanes", "16"));
    all.addAll(options);
    return Cli.run(all.toArray(String[]::new));
  }

  private static JsonNode json(Cli.Result result) throws IOException {
    assertThat(result.code()).as(result.err()).isZero();
    return new ObjectMapper().readTree(result.out());
  }

  private static List<String> names(JsonNode rows, int lanes) {
    List<String> names = new ArrayList<>();
    for (JsonNode row : rows) {
      if (row.get("lanes").asInt() == lanes) {
        names.add(row.get("name").asText());
      }
    }
    return names;
  }
}
