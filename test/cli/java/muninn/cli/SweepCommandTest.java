package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepCommandTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Cells of the grid, one of which only others are compared with, by two rounds; one refused. */
  private static final int LINES = 2 * 15 + 1;

  @TempDir Path folder;

  @Test
  void countsAreThoseOfTheGoldenFile() throws IOException {
    Cli.Result run = sweep("--cells", cells().toString(), "--json");

    assertThat(run.code()).as(run.err()).isZero();
    JsonNode found = countsOnly(run.out());
    Path actual = Path.of("target", "sweep-nano.json");
    Files.createDirectories(actual.getParent());
    Files.writeString(actual, found.toPrettyString() + "\n");
    assertThat(found)
        .as("the counts in %s; copy that file if they are meant", actual)
        .isEqualTo(MAPPER.readTree(resource("nano.json").toFile()));
  }

  @Test
  void aSweepThatWasKilledGoesOnWhereItWas() throws IOException, InterruptedException {
    String whole = sweep("--cells", folder.resolve("whole").toString(), "--json").out();
    Process process =
        Cli.start(folder.resolve("err"), arguments("--cells", cells().toString(), "--json"));
    while (process.isAlive() && lines(cells()) < 4) {
      Thread.sleep(1);
    }
    assertThat(process.isAlive()).as("there was something to kill").isTrue();
    process.destroyForcibly();
    assertThat(process.waitFor()).isEqualTo(128 + 9);
    int kept = lines(cells());
    Files.writeString(cells(), "{\"setting\":\"8 st", StandardOpenOption.APPEND);

    Cli.Result rest = sweep("--cells", cells().toString(), "--json");

    assertThat(rest.code()).as(rest.err()).isZero();
    assertThat(kept).isLessThan(LINES);
    assertThat(countsOnly(rest.out())).isEqualTo(countsOnly(whole));
    List<String> lines = Files.readAllLines(cells());
    Set<String> measured = new HashSet<>();
    for (String line : lines.subList(1, lines.size())) {
      JsonNode cell = MAPPER.readTree(line);
      assertThat(measured.add(cell.get("setting") + " " + cell.get("repeat")))
          .as("measured once: %s", cell.get("setting"))
          .isTrue();
    }
    assertThat(measured).hasSize(LINES);
  }

  @Test
  void whatWasFinishedIsNotMeasuredAgainAndAGrownGridOnlyWhatIsNew() throws IOException {
    Path grid = folder.resolve("grid.json");
    String json =
        "{\"prompts\": \"random:3x2\", \"max_tokens\": 2, \"grid\": {\"steps\": [2, 4%s]}}";
    Files.writeString(grid, json.formatted(""));
    assertThat(sweepOf(grid).code()).isZero();
    List<String> before = Files.readAllLines(cells());
    Files.writeString(grid, json.formatted(", 3"));

    Cli.Result grown = sweepOf(grid);

    assertThat(grown.code()).as(grown.err()).isZero();
    assertThat(grown.out()).contains("| 3 steps |");
    assertThat(Files.readAllLines(cells())).hasSize(before.size() + 1).containsAll(before);
  }

  @Test
  void ctrlCEndsItAndTheSameCommandGoesOn() {
    Interrupt interrupt = new Interrupt();
    interrupt.raise();
    String[] arguments = arguments("--cells", cells().toString());

    Cli.Result stopped = Cli.runInto(new ByteArrayOutputStream(), interrupt, "", arguments);

    assertThat(stopped.code()).isEqualTo(Interrupt.EXIT_CODE);
    assertThat(stopped.err()).contains("give the same command again to continue");
    assertThat(Cli.run(arguments).code()).isZero();
  }

  @Test
  void cellsOfAnotherSweepAreRefusedUnlessTheyMayGo() throws IOException {
    Path grid = folder.resolve("grid.json");
    String json = "{\"prompts\": \"random:3x2\", \"max_tokens\": %d, \"grid\": {\"steps\": 2}}";
    Files.writeString(grid, json.formatted(2));
    assertThat(sweepOf(grid).code()).isZero();
    Files.writeString(grid, json.formatted(3));

    assertThat(sweepOf(grid).err()).contains("holds cells of another sweep");
    assertThat(sweepOf(grid, "--overwrite").code()).isZero();
  }

  @Test
  void aGridWithoutPromptsNeedsAModelWithTasks() throws IOException {
    Path grid = folder.resolve("grid.json");
    Files.writeString(grid, "{\"grid\": {\"steps\": 2}}");

    Cli.Result run = sweepOf(grid);

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).hasLineCount(1).contains("names no prompts", "has no eval.jsonl");
  }

  @Test
  void aPromptThatTheModelCannotReadEndsItInOneSentence() throws IOException {
    Path grid = folder.resolve("grid.json");
    Files.writeString(folder.resolve("p.jsonl"), "{\"tokens\": [1]}\n{\"tokens\": [160]}\n");
    Files.writeString(grid, "{\"prompts\": \"p.jsonl\", \"grid\": {\"steps\": 2}}");

    Cli.Result run = sweepOf(grid);

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err())
        .hasLineCount(1)
        .contains("2 steps, which others are to be compared with: prompt token 160");
  }

  @Test
  void theReportHasPageNumbersAndTables() throws IOException {
    Path page = folder.resolve("nano.html");

    Cli.Result run = sweep("--report", page.toString());

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("**Speculation as a wavefront**", "| 8 steps, wavefront, draft 2 ")
        .contains("`--steps 8 --speculate wavefront:draft=1`");
    assertThat(page)
        .content()
        .contains("8 steps, rounds of 3, draft 1", "Refused: 8 steps, kv mod");
    assertThat(folder.resolve("nano.json")).exists();
    assertThat(folder.resolve("nano.cells.csv")).content().contains("core_passes_per_token");
    assertThat(folder.resolve("grid.cells.jsonl")).as("what is finished, beside it").exists();
  }

  @Test
  void watchedAnswersSayAtWhichDepthsToGuess() throws IOException {
    Path grid = folder.resolve("grid.json");
    Files.writeString(
        grid,
        """
        {"prompts": "random:3x2", "watched": 2, "max_tokens": 3, "ignore_eos": true,
         "grid": {"steps": 6, "temperature": [0, 1]}}
        """);
    Cli.Result run = sweepOf(grid, "--json");
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode found = MAPPER.readTree(run.out());
    assertThat(found.at("/tables/settling")).hasSize(2 * 6);
    for (JsonNode row : found.at("/tables/settling")) {
      assertThat(row.get("positions").asInt()).isEqualTo(2 * 3);
      assertThat(row.get("shared_noise").asDouble())
          .isBetween(
              row.get("promised").asDouble() - 1e-6,
              row.get("rejection_sampling").asDouble() + 1e-6);
      if (row.get("steps").asInt() == 6) {
        assertThat(row.get("same_token").asDouble()).isEqualTo(1);
      }
    }
    assertThat(found.at("/tables/depths")).hasSize(2);
    assertThat(found.at("/tables/depths/1/depths").asText()).matches("[1-5], [1-5]");
    assertThat(found.at("/tables/depths/1/pass_cost").asDouble()).isPositive();
    assertThat(found.at("/tables/depths/0/first_right").asDouble())
        .isBetween(1.0, found.at("/tables/depths/0/right_for_good").asDouble());
    assertThat(found.at("/tables/depths/0/oracle_ratio").asDouble())
        .isBetween(1 / 3.0, found.at("/tables/depths/0/newest_ratio").asDouble());
  }

  @Test
  void answersAreGradedWhereTheFileHasThem() throws IOException {
    Path grid = folder.resolve("grid.json");
    Files.writeString(
        folder.resolve("tasks.jsonl"),
        """
        {"prompt": "2+2=", "answer": "4"}
        {"prompt": "20+3=", "answer": "24"}
        {"prompt": "12+34="}
        """);
    Files.writeString(
        grid,
        "{\"prompts\": \"tasks.jsonl\","
            + " \"grid\": {\"steps\": 16, \"mode\": \"wavefront\", \"draft\": 1}}");
    Path model = Path.of("..", "..", "weights", "raven-sums");

    String[] arguments = {
      "sweep",
      "--model",
      model.toString(),
      "--config",
      grid.toString(),
      "--cells",
      cells().toString(),
      "--json"
    };
    JsonNode cells = MAPPER.readTree(Cli.run(arguments).out()).at("/tables/cells");

    assertThat(cells).hasSize(2);
    for (JsonNode cell : cells) {
      assertThat(cell.get("graded").intValue()).isEqualTo(2);
      assertThat(cell.get("correct").intValue()).isEqualTo(1);
      assertThat(cell.get("same_text").doubleValue()).isEqualTo(1);
    }
    assertThat(cells.get(1).get("core_passes_ratio").doubleValue()).isLessThan(0.7);
  }

  @Test
  void theOptionsOfACellCanBePasted() throws IOException {
    JsonNode cells = MAPPER.readTree(resource("nano.json").toFile()).at("/tables/cells");

    for (JsonNode cell : cells) {
      if (cell.get("refused").isNull()) {
        List<String> arguments = new ArrayList<>(List.of("generate", "--model", Cli.nano()));
        arguments.addAll(List.of("--tokens", "1", "--max-tokens", "2"));
        arguments.addAll(List.of(cell.get("options").textValue().split(" ", -1)));
        Cli.Result run = Cli.run(arguments.toArray(String[]::new));
        assertThat(run.code()).as("%s: %s", cell.get("options"), run.err()).isZero();
      }
    }
  }

  /** Without what depends on the day and the machine. */
  private static JsonNode countsOnly(String json) throws IOException {
    ObjectNode tree = (ObjectNode) MAPPER.readTree(json);
    tree.remove(List.of("header", "summary"));
    ObjectNode tables = (ObjectNode) tree.get("tables");
    tree.put("title", "");
    tables.remove(List.of("timings", "best"));
    for (JsonNode cell : tables.get("cells")) {
      if (cell.get("batch").intValue() > 1) {
        // Passes then depend on when requests arrive, and so on who waits for whose company.
        ((ObjectNode) cell)
            .remove(
                List.of(
                    "core_passes", "core_passes_per_token", "core_passes_ratio", "lanes_per_pass"));
      }
      ((ObjectNode) cell)
          .remove(
              List.of(
                  "tokens_per_second",
                  "tokens_per_second_least",
                  "tokens_per_second_most",
                  "tokens_per_second_ratio"));
    }
    return MAPPER.readTree(tree.toString());
  }

  private Path cells() {
    return folder.resolve("cells.jsonl");
  }

  private Cli.Result sweep(String... options) {
    return Cli.run(arguments(options));
  }

  private Cli.Result sweepOf(Path grid, String... options) {
    List<String> all = new ArrayList<>(List.of("sweep", "--model", Cli.nano()));
    all.addAll(List.of("--config", grid.toString(), "--cells", cells().toString()));
    all.addAll(List.of("--device", "cpu"));
    all.addAll(List.of(options));
    return Cli.run(all.toArray(String[]::new));
  }

  private static String[] arguments(String... options) {
    List<String> all = new ArrayList<>(List.of("sweep", "--model", Cli.nano()));
    all.addAll(List.of("--config", resource("grid.json").toString(), "--threads", "2"));
    all.addAll(List.of(options));
    return all.toArray(String[]::new);
  }

  private static Path resource(String name) {
    try {
      return Path.of(SweepCommandTest.class.getResource("/sweep/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int lines(Path file) throws IOException {
    return Files.exists(file) ? Files.readAllLines(file).size() : 0;
  }
}
