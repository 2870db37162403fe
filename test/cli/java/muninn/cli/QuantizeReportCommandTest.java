package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import muninn.model.RandomModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What coding does to the bundled model's answers, small enough for a test. */
class QuantizeReportCommandTest {
  @TempDir private Path temporary;

  @Test
  void everyFormatIsHeldAgainstTheModelAsItIsByStepsAndMatrices() throws IOException {
    Path tasks = temporary.resolve("tasks.jsonl");
    Files.writeString(
        tasks,
        "{\"prompt\": \"12+34=\", \"answer\": \"46\"}\n"
            + "{\"prompt\": \"5+6=\", \"answer\": \"11\"}\n");
    Path page = temporary.resolve("page.html");
    Cli.Result result =
        Cli.run(
            "quantize-report",
            "--model",
            "../../weights/raven-sums",
            "--device",
            "cpu",
            "--tasks",
            tasks.toString(),
            "--steps",
            "2,8",
            "--formats",
            "int8,int4",
            "--report",
            page.toString(),
            "--json");
    JsonNode found = new ObjectMapper().readTree(result.out());
    JsonNode drift = found.at("/tables/drift");
    assertThat(drift).hasSize(4);
    assertThat(List.of(drift.get(1).get("format").asText(), drift.get(3).get("format").asText()))
        .containsExactly("int8", "int4");
    double int8 = drift.get(1).get("kl_nats").asDouble();
    double int4 = drift.get(3).get("kl_nats").asDouble();
    assertThat(int8).isPositive().isLessThan(0.05).isLessThan(int4);
    JsonNode matrices = found.at("/tables/matrices");
    assertThat(matrices.size()).isGreaterThan(10);
    assertThat(matrices.get(0).get("kl_nats").asDouble())
        .isGreaterThanOrEqualTo(matrices.get(1).get("kl_nats").asDouble());
    assertThat(Files.readString(page)).contains("Which matrix costs most", "Divergence");
  }

  @Test
  void aSmallShapeOfEveryFamilyIsAskedWhereNoModelIs() throws IOException {
    Cli.Result result =
        Cli.run(
            "quantize-report",
            "--families",
            "--device",
            "cpu",
            "--prompts",
            "1",
            "--steps",
            "1,3",
            "--formats",
            "int8,int4",
            "--json");
    JsonNode drift = new ObjectMapper().readTree(result.out()).at("/tables/drift");
    List<String> names = RandomModel.smallOfEachFamily();
    assertThat(names)
        .hasSizeGreaterThanOrEqualTo(5)
        .anySatisfy(name -> assertThat(name).contains("huginn"))
        .anySatisfy(name -> assertThat(name).contains("ouro"));
    assertThat(drift).hasSize(names.size() * 2 * 2);
    for (int i = 0; i < drift.size(); i += 4) {
      assertThat(drift.get(i).get("model").asText()).isEqualTo(names.get(i / 4));
      double int8 = drift.get(i).get("kl_nats").asDouble();
      assertThat(int8).isPositive().isLessThan(drift.get(i + 2).get("kl_nats").asDouble());
    }
  }

  @Test
  void familiesAndAModelAreNotAskedTogether() {
    Cli.Result result =
        Cli.run("quantize-report", "--families", "--model", "random:64x2x96", "--device", "cpu");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("--families has models of its own: leave --model out");
  }
}
