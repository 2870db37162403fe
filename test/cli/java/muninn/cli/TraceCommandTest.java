package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceCommandTest {
  @TempDir private Path folder;

  private static Cli.Result trace(String... options) {
    List<String> arguments =
        new ArrayList<>(List.of("trace", "--model", Cli.nano(), "--device", "cpu"));
    arguments.addAll(List.of("--tokens", "5,7,9"));
    arguments.addAll(List.of(options));
    return Cli.run(arguments.toArray(String[]::new));
  }

  @Test
  void theJsonIsTheGoldenOne() throws IOException {
    Cli.Result result =
        trace("--steps", "8", "--max-tokens", "2", "--starts", "2", "--seed", "3", "--json");
    assertThat(result.err()).doesNotContain("muninn:");
    GoldenJson.assertMatches(result.out(), "trace-nano.json");
  }

  @Test
  void aModelsTrainedGateIsInTheNumbers() throws IOException {
    String ouro = Cli.golden("ouro-nano");
    Cli.Result result =
        Cli.run("trace", "--model", ouro, "--device", "cpu", "--tokens", "352", "--json");
    JsonNode steps = new ObjectMapper().readTree(result.out()).at("/tables/steps");
    // exit_cdf of the reference, for this prompt
    double[] ended = {0, 0.378503, 0.522876, 0.59635};
    for (int step = 0; step < ended.length; step++) {
      assertThat(steps.get(step).get("gate_ended").asDouble()).isEqualTo(ended[step], within(2e-4));
    }
    assertThat(trace("--steps", "2", "--json").out()).doesNotContain("gate_ended");
  }

  @Test
  void theDeepestPredictionIsWhatGenerateSays() throws IOException {
    JsonNode trace = new ObjectMapper().readTree(trace("--steps", "8", "--json").out());
    JsonNode answer =
        new ObjectMapper()
            .readTree(
                Cli.run(
                        "generate",
                        "--model",
                        Cli.nano(),
                        "--device",
                        "cpu",
                        "--tokens",
                        "5,7,9",
                        "--steps",
                        "8",
                        "--max-tokens",
                        "1",
                        "--temperature",
                        "0",
                        "--json")
                    .out());
    assertThat(trace.at("/tables/tokens/2/says")).isEqualTo(answer.at("/tokens/0"));
  }

  @Test
  void aReportHasItsFilesBesideIt() throws IOException {
    Path page = folder.resolve("t.html");
    Path states = folder.resolve("t.safetensors");
    Cli.Result result =
        trace("--steps", "8", "--report", page.toString(), "--states", states.toString());

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).startsWith("position  token").contains("Positions by how");
    assertThat(Files.readString(page))
        .contains("<h1>Trace of “#5 #7 #9” over 8 steps</h1>")
        .contains("Does it matter where thinking starts?")
        .contains("\"type\":\"heatmap\"");
    for (String end :
        List.of(
            "json", "tokens.csv", "steps.csv", "principal.csv", "directions.csv", "starts.csv")) {
      assertThat(folder.resolve("t." + end)).isNotEmptyFile();
    }
    assertThat(Files.readAllLines(folder.resolve("t.steps.csv"))).hasSize(1 + 3 * 9);
    assertThat(Files.size(states)).isGreaterThan(4L * 3 * 9 * 32);
  }

  @Test
  void withoutAScaleAllStartsAreTheSameAndOneIsMade() throws IOException {
    JsonNode trace =
        new ObjectMapper().readTree(trace("--steps", "4", "--init-scale", "0", "--json").out());
    assertThat(trace.at("/tables/steps/0/norm").asDouble()).isZero();
    assertThat(trace.at("/tables").has("starts")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--steps 0 | --steps 0: must be a whole number, at least 1",
        "--max-tokens 0 | --max-tokens 0: must be a whole number, at least 1",
        "--starts 0 | --starts 0: must be a whole number from 1 to 1000",
        "--starts 2 --init-scale 0 | --starts 2: must be 1 with --init-scale 0, where all starts"
            + " are the same",
        "--report a.txt | a.txt: a report is a file whose name ends in .html",
        "--report no/a.html | no/a.html: its folder does not exist; name a file in a folder that"
            + " does",
        "--states no/a | --states no/a: its folder does not exist; name a file in a folder that"
            + " exists",
        "--depth 3 | 'muninn trace' has no option --depth: text that begins with a dash stands"
            + " behind --, as in: muninn trace -- '--depth'",
      })
  void whatIsWrongIsSaidInOneSentence(String options, String message) {
    Cli.Result result = trace(options.split(" ", -1));
    assertThat(result.code()).isIn(1, 2);
    assertThat(result.err().lines().filter(l -> l.startsWith("muninn: ")))
        .containsExactly("muninn: " + message);
    assertThat(result.out()).isEmpty();
  }
}
