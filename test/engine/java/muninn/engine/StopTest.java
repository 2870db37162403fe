package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import muninn.UserException;
import muninn.engine.answer.Completion;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.kernels.cpu.CpuDevice;
import muninn.text.Tokenizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How answers of the bundled model end, whether or not the host runs ahead of the device. */
final class StopTest {
  private static final Path SUMS = Path.of("../../weights/raven-sums");
  private static final EngineOptions OPTIONS =
      new EngineOptions(DeviceOptions.cpu(2), 32, 8, 16, 64 << 20);

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void anAnswerEndsAtTheModelsOwnEndAndSaysNothingOfIt(int ticksAhead) throws IOException {
    try (Engine engine = open(ticksAhead)) {
      for (Completion completion : answers(engine, List.of())) {
        assertThat(completion.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(completion.text()).matches("[0-9]+");
        assertThat(completion.tokens()).hasSameSizeAs(completion.text().toCharArray());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aStopStringEndsTheTextBeforeIt(int ticksAhead) throws IOException {
    try (Engine engine = open(ticksAhead)) {
      List<Completion> whole = answers(engine, List.of());
      List<Completion> cut = answers(engine, List.of("11", "0"));
      int stopped = 0;
      for (int i = 0; i < whole.size(); i++) {
        String text = whole.get(i).text();
        String wanted = text.split("11|0", 2)[0];
        assertThat(cut.get(i).text()).isEqualTo(wanted);
        // what was streamed never had to be taken back
        StringBuilder streamed = new StringBuilder();
        cut.get(i).tokens().forEach(token -> streamed.append(token.text()));
        assertThat(wanted).startsWith(streamed);
        stopped += text.equals(wanted) ? 0 : 1;
      }
      assertThat(stopped).as("answers that had a stop string").isPositive();
      assertThat(stopped).as("and some that had none").isLessThan(whole.size());
    }
  }

  @Test
  void aSpecialTokenAsStopTextEndsTheAnswerThoughItNeverAppearsAsText() throws IOException {
    try (Engine engine = open(0)) {
      List<Completion> own = answers(engine, List.of());
      List<Completion> stated = answers(engine, List.of("<|end_text|>"), true);
      for (int i = 0; i < own.size(); i++) {
        assertThat(stated.get(i).finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(stated.get(i).tokens()).hasSameSizeAs(own.get(i).tokens());
        assertThat(stated.get(i).text()).isEqualTo(own.get(i).text());
      }
    }
  }

  @Test
  void aSpecialTokenAmongOtherTextIsRefusedSinceItWouldNeverBeSaid() {
    try (Engine engine = open(0)) {
      assertThatThrownBy(() -> answers(engine, List.of("1<|end_text|>")))
          .isInstanceOf(UserException.class)
          .hasMessageContainingAll("stop", "<|end_text|>", "alone");
    }
  }

  private static Engine open(int ticksAhead) {
    return Engine.open(SUMS, OPTIONS, () -> EngineTest.ahead(new CpuDevice(2), ticksAhead));
  }

  private static List<Completion> answers(Engine engine, List<String> stop) throws IOException {
    return answers(engine, stop, false);
  }

  private static List<Completion> answers(Engine engine, List<String> stop, boolean ignoreEos)
      throws IOException {
    Tokenizer tokenizer = engine.model().tokenizer().orElseThrow();
    List<Generation> generations = new ArrayList<>();
    for (String line : Files.readAllLines(SUMS.resolve("eval.jsonl")).subList(0, 60)) {
      int[] prompt =
          tokenizer.encodePrompt(new ObjectMapper().readTree(line).get("prompt").asText());
      generations.add(
          engine.submit(
              new Request(
                  prompt,
                  Options.DEFAULT
                      .withSteps(8)
                      .withMaxTokens(9)
                      .withStop(stop)
                      .withIgnoreEos(ignoreEos))));
    }
    return generations.stream().map(g -> g.completion().join()).toList();
  }
}
