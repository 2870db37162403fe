package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands with text, on the model that comes with the repository. */
class BundledModelTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path folder;

  @BeforeAll
  static void install() {
    System.setProperty("muninn.home", Path.of("../..").toAbsolutePath().normalize().toString());
  }

  @AfterAll
  static void uninstall() {
    System.clearProperty("muninn.home");
  }

  @Test
  void aSumIsAnsweredByDefaultTheSameWayStreamedInJsonAndFromStandardInput() throws IOException {
    Cli.Result streamed = Cli.run("generate", "--prompt", "12+30=");

    assertThat(streamed.code()).as(streamed.err()).isZero();
    assertThat(streamed.out().strip()).matches("[0-9]+");
    JsonNode json = MAPPER.readTree(Cli.run("generate", "--prompt", "12+30=", "--json").out());
    assertThat(json.get("text").asText()).isEqualTo(streamed.out().strip());
    assertThat(json.get("finish_reason").asText()).isEqualTo("stop");
    assertThat(Cli.runWith("12+30=\n", "generate").out()).isEqualTo(streamed.out());
  }

  @Test
  void aStopStringEndsTheAnswerBeforeIt() throws IOException {
    String whole = Cli.run("generate", "--prompt", "348+27+915=").out().strip();
    String last = whole.substring(whole.length() - 1);

    JsonNode cut =
        MAPPER.readTree(
            Cli.run("generate", "--prompt", "348+27+915=", "--stop", last, "--json").out());

    assertThat(cut.get("text").asText()).isEqualTo(whole.substring(0, whole.indexOf(last)));
    assertThat(cut.get("finish_reason").asText()).isEqualTo("stop");
  }

  @Test
  void chatAsksThroughTheTemplateAndATurnAnswersAsGenerateDoes() {
    String asked = Cli.run("generate", "--chat", "--prompt", "12+30").out();

    assertThat(asked.strip()).matches("[0-9]+");
    assertThat(asked).isEqualTo(Cli.run("generate", "--prompt", "12+30=").out());
    assertThat(Cli.runWith("12+30\n/steps 1\n/quit\n", "chat").out()).isEqualTo(asked);
  }

  @Test
  void batchAnswersPromptsMessagesAndTokensAlike() throws IOException {
    Path input = folder.resolve("in.jsonl");
    Path output = folder.resolve("out.jsonl");
    Files.writeString(
        input,
        """
        {"prompt":"12+30="}
        {"messages":[{"role":"user","content":"12+30"}]}
        {"prompt":"é"}
        """);

    Cli.Result result = Cli.run("batch", input.toString(), output.toString());

    assertThat(result.code()).as(result.err()).isZero();
    List<String> texts = new ArrayList<>();
    for (String line : Files.readAllLines(output)) {
      JsonNode answer = MAPPER.readTree(line);
      assertThat(answer.has("error")).as(line).isFalse();
      if (answer.get("line").asInt() < 3) {
        texts.add(answer.get("text").asText());
      }
    }
    String single = Cli.run("generate", "--prompt", "12+30=").out().strip();
    assertThat(texts).containsExactly(single, single);
  }

  @Test
  void evalFindsThatThinkingLongerHelps() throws IOException {
    Path tasks = folder.resolve("tasks.jsonl");
    List<String> all = Files.readAllLines(Path.of("../../weights/raven-sums/eval.jsonl"));
    Files.write(tasks, all.subList(0, 120));

    JsonNode report =
        MAPPER.readTree(
            Cli.run("eval", "--tasks", tasks.toString(), "--steps", "1,12", "--json").out());

    assertThat(report.get("tasks").asInt()).isEqualTo(120);
    JsonNode shallow = report.get("depths").get(0);
    JsonNode deep = report.get("depths").get(1);
    assertThat(shallow.get("steps").asInt()).isEqualTo(1);
    assertThat(deep.get("low").asDouble()).isGreaterThan(shallow.get("high").asDouble());
    int ofKinds = 0;
    for (JsonNode kind : deep.get("kinds")) {
      ofKinds += kind.get("total").asInt();
    }
    assertThat(ofKinds).isEqualTo(120);
    assertThat(Cli.run("eval", "--tasks", tasks.toString(), "--steps", "2").out().lines().toList())
        .first()
        .asString()
        .startsWith("steps");
  }
}
