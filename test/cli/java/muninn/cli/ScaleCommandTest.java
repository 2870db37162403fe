package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * On the nano fixture, with the bundled model's one token a byte, as far as its vocabulary goes.
 */
class ScaleCommandTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir private Path folder;
  private Path model;
  private Path tasks;

  @BeforeEach
  void nanoWithText() throws IOException {
    model = Files.createDirectory(folder.resolve("nano"));
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(Path.of(Cli.nano(), name), model.resolve(name));
    }
    ObjectNode tokenizer =
        (ObjectNode) MAPPER.readTree(Path.of("../../weights/raven-sums/tokenizer.json").toFile());
    ((ObjectNode) tokenizer.at("/model/vocab"))
        .properties()
        .removeIf(entry -> entry.getValue().asInt() >= 160);
    tokenizer.putArray("added_tokens");
    tokenizer.putNull("post_processor");
    MAPPER.writeValue(model.resolve("tokenizer.json").toFile(), tokenizer);
    tasks = folder.resolve("tasks.jsonl");
  }

  private Cli.Result scale(String... options) {
    List<String> arguments =
        new ArrayList<>(List.of("scale", "--model", model.toString(), "--device", "cpu"));
    arguments.addAll(List.of("--tasks", tasks.toString()));
    arguments.addAll(List.of(options));
    return Cli.run(arguments.toArray(String[]::new));
  }

  /** The model is made to end its answer to "7=" at 4 steps after a token, which is then right. */
  private void tasks() throws IOException {
    List<Integer> said = new ArrayList<>();
    MAPPER
        .readTree(
            Cli.run(
                    "generate",
                    "--model",
                    model.toString(),
                    "--device",
                    "cpu",
                    "--prompt",
                    "7=",
                    "--steps",
                    "4",
                    "--max-tokens",
                    "2",
                    "--temperature",
                    "0",
                    "--json")
                .out())
        .get("tokens")
        .forEach(id -> said.add(id.asInt()));
    ObjectNode config = (ObjectNode) MAPPER.readTree(model.resolve("config.json").toFile());
    config.put("eos_token_id", said.get(1));
    MAPPER.writeValue(model.resolve("config.json").toFile(), config);
    String right =
        MAPPER
            .readTree(
                Cli.run(
                        "generate",
                        "--model",
                        model.toString(),
                        "--device",
                        "cpu",
                        "--prompt",
                        "7=",
                        "--steps",
                        "4",
                        "--temperature",
                        "0",
                        "--json")
                    .out())
            .get("text")
            .asText();
    Files.writeString(
        tasks,
        """
        {"prompt": "7=", "answer": %s, "kind": "known"}
        {"prompt": "7=", "answer": "x", "kind": "known"}
        {"prompt": "8=", "answer": "x", "kind": "other"}
        """
            .formatted(MAPPER.writeValueAsString(right)));
  }

  @Test
  void theJsonIsTheGoldenOne() throws IOException {
    tasks();
    Cli.Result result = scale("--steps", "8,1,4", "--json");
    assertThat(result.code()).as(result.err()).isZero();
    GoldenJson.assertMatches(result.out(), "scale-nano.json");
  }

  @Test
  void aReportHasItsFilesBesideItAndTheTableIsPrinted() throws IOException {
    tasks();
    Path page = folder.resolve("s.html");
    Cli.Result result = scale("--steps", "1,4", "--report", page.toString());
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("known").contains("3 tasks. Best: 33.3 % at 4 steps");
    assertThat(Files.readString(page)).contains("<h1>Accuracy by steps on tasks.jsonl</h1>");
    for (String end : List.of("json", "accuracy.csv", "cost.csv")) {
      assertThat(folder.resolve("s." + end)).isNotEmptyFile();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--steps 0 | --steps 0: must be one or more of these, separated by commas: a whole number,"
            + " at least 1",
        "--report a | a: a report is a file whose name ends in .html",
        "--tasks no.jsonl | no.jsonl: cannot be read as tasks (no such file): name a JSONL file"
            + " with prompt, answer and kind on each line",
        "--stpes 3 | 'muninn scale' has no option --stpes: did you mean --steps?",
      })
  void whatIsWrongIsSaidInOneSentence(String options, String message) {
    List<String> arguments = new ArrayList<>(List.of("scale", "--model", model.toString()));
    arguments.addAll(List.of(options.split(" ", -1)));
    Cli.Result result = Cli.run(arguments.toArray(String[]::new));
    assertThat(result.code()).isIn(1, 2);
    assertThat(result.err().lines().filter(l -> l.startsWith("muninn: ")))
        .containsExactly("muninn: " + message);
  }
}
