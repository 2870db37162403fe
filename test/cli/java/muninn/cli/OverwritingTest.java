package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No command overwrites what it reads, or what it did not write. */
class OverwritingTest {
  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void model() throws IOException {
    model = Files.createDirectory(folder.resolve("model"));
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(Path.of(Cli.nano()).resolve(name), model.resolve(name));
    }
  }

  @Test
  void aReportBesideTheModelDoesNotReplaceItsFiles() throws IOException {
    byte[] config = Files.readAllBytes(model.resolve("config.json"));

    // Its numbers would be written to config.json.
    String error = refused("trace", "--tokens", "5", "--report", model + "/config.html");

    assertThat(error).contains("config.json is a file of the model and would be overwritten");
    assertThat(model.resolve("config.json")).hasBinaryContent(config);
    assertThat(refused("bench", "--quick", "--json", model + "/model.safetensors"))
        .contains("model.safetensors is a file of the model");
    assertThat(refused("trace", "--tokens", "5", "--states", model + "/model.safetensors"))
        .contains("model.safetensors is a file of the model");
    assertThat(refused("profile", "--timeline", model + "/config.json"))
        .contains("config.json is a file of the model");
  }

  @Test
  void aSweepDoesNotReplaceItsGridOrItsPrompts() throws IOException {
    Path prompts = Files.writeString(folder.resolve("p.jsonl"), "{\"tokens\":[5]}\n");
    Path grid =
        Files.writeString(
            folder.resolve("g.json"), "{\"prompts\":\"p.jsonl\",\"grid\":{\"steps\":[1]}}");
    byte[] whole = Files.readAllBytes(grid);

    assertThat(refused("sweep", "--config", grid.toString(), "--cells", grid.toString()))
        .contains("g.json is the grid and would be overwritten with a sweep's cells");
    assertThat(
            refused(
                "sweep", "--config", grid.toString(), "--cells", prompts.toString(), "--overwrite"))
        .contains("p.jsonl is the prompts");
    assertThat(refused("sweep", "--config", grid.toString(), "--report", folder + "/g.html"))
        .contains("g.json is the grid and would be overwritten with the report's");
    assertThat(grid).hasBinaryContent(whole);
    assertThat(prompts).hasContent("{\"tokens\":[5]}");
  }

  @Test
  void notesThatLieWhereAResultWouldAreRefusedAndStay() throws IOException {
    Path notes = Files.writeString(folder.resolve("r.tokens.csv"), "my notes\n");

    assertThat(refused("trace", "--tokens", "5", "--report", folder + "/r.html"))
        .contains("r.tokens.csv exists and does not hold a table of the report of an earlier run");
    Files.move(notes, folder.resolve("r.json"));
    assertThat(refused("trace", "--tokens", "5", "--report", folder + "/r.html"))
        .contains("r.json exists and does not hold the report's numbers of an earlier run");
    Files.move(folder.resolve("r.json"), folder.resolve("cells"));
    assertThat(folder.resolve("cells")).hasContent("my notes");
  }

  @Test
  void anEarlierReportIsReplaced() {
    String[] trace = {
      "trace",
      "--tokens",
      "5,7",
      "--steps",
      "2",
      "--report",
      folder + "/r.html",
      "--states",
      folder + "/s.safetensors",
      "--model",
      model.toString(),
      "--device",
      "cpu"
    };

    assertThat(Cli.run(trace).err()).contains("report: ");
    Cli.Result again = Cli.run(trace);

    assertThat(again.code()).as(again.err()).isZero();
  }

  private String refused(String... arguments) {
    List<String> all = new java.util.ArrayList<>(List.of(arguments));
    all.addAll(List.of("--model", model.toString(), "--device", "cpu"));
    Cli.Result result = Cli.run(all.toArray(String[]::new));
    assertThat(result.code()).as(result.err()).isEqualTo(1);
    assertThat(result.err()).hasLineCount(1);
    return result.err();
  }
}
