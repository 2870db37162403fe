package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LogitsCommandTest {
  private static final Offset<Double> TOLERANCE = Offset.offset(2e-4);
  private final ObjectMapper mapper = new ObjectMapper();

  @Test
  void jsonHoldsTheLogitsAndTheLatentOfTheReference() throws IOException {
    JsonNode cases = mapper.readTree(Path.of(Cli.nano(), "cases.json").toFile()).get("cases");
    int checked = 0;
    for (JsonNode wanted : cases) {
      if (!wanted.get("kind").asText().equals("forward") || wanted.get("prompt").size() > 8) {
        continue;
      }
      checked++;
      List<String> ids = new ArrayList<>();
      wanted.get("prompt").forEach(id -> ids.add(id.asText()));
      Cli.Result result =
          Cli.run(
              "logits",
              "--model",
              Cli.nano(),
              "--tokens",
              String.join(",", ids),
              "--steps",
              wanted.get("steps").asText(),
              "--json");

      JsonNode answer = mapper.readTree(result.out());
      assertThat(answer.get("tokens")).isEqualTo(wanted.get("prompt"));
      assertThat(answer.get("steps")).isEqualTo(wanted.get("steps"));
      assertThat(answer.get("init_scale").asDouble()).isZero();
      List<Double> logits = new ArrayList<>();
      answer.get("logits").forEach(position -> logits.addAll(numbers(position)));
      assertClose(logits, numbers(wanted.get("logits")));
      assertClose(numbers(answer.get("latent")), numbers(wanted.get("latent_last")));
    }
    assertThat(checked).isPositive();
  }

  @Test
  void theTableListsTheMostProbableTokensOfEachPositionInOrder() {
    String table =
        Cli.run("logits", "--model", Cli.nano(), "--tokens", "5,7", "--steps", "4").out();

    List<String> rows = table.lines().skip(1).toList();
    assertThat(rows).hasSize(2);
    assertThat(rows.get(0).strip()).startsWith("0      5   54: "); // the reference's next token
    assertThat(rows).allMatch(row -> row.chars().filter(c -> c == ':').count() == 5);
  }

  private static void assertClose(List<Double> found, List<Double> wanted) {
    assertThat(found).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.size(); i++) {
      assertThat(found.get(i)).as("number %d", i).isCloseTo(wanted.get(i), TOLERANCE);
    }
  }

  private static List<Double> numbers(JsonNode array) {
    List<Double> numbers = new ArrayList<>();
    array.forEach(number -> numbers.add(number.asDouble()));
    return numbers;
  }
}
