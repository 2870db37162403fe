package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.model.WeightChoice;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * In every format of weights the CUDA kernels, which compute in bfloat16, answer as the CPU does in
 * that format: sums of the bundled model, of which the greedy tokens of 99 in 100 are the same.
 * {@code -Dmuninn.prompts=100} asks more of them.
 */
@Tag("gpu")
class CodedGreedyTest {
  private static final int PROMPTS = Integer.getInteger("muninn.prompts", 6);
  private static final Path MODEL = Path.of("../../weights/raven-sums");
  private static final int STEPS = 8;

  @ParameterizedTest
  @ValueSource(strings = {"bfloat16", "int8", "fp8", "int4"})
  void answersAreTheCpusInTheSameFormat(String format) {
    List<int[]> onCpu = answers(DeviceOptions.cpu(0), format);
    List<int[]> onCuda = answers(OnCuda.device("bfloat16"), format);
    long same = 0;
    for (int i = 0; i < PROMPTS; i++) {
      same += Arrays.equals(onCpu.get(i), onCuda.get(i)) ? 1 : 0;
    }
    assertThat(onCpu).allSatisfy(tokens -> assertThat(tokens).isNotEmpty());
    assertThat(same).as("of %d prompts in %s", PROMPTS, format).isGreaterThanOrEqualTo(wanted());
  }

  private static long wanted() {
    return (long) PROMPTS - PROMPTS / 100;
  }

  private static List<int[]> answers(DeviceOptions device, String format) {
    EngineOptions options =
        new EngineOptions(device, 64, 16, STEPS, 64L << 20)
            .withWeights(new WeightChoice(format, ""));
    Options asked = Options.DEFAULT.withSteps(STEPS).withMaxTokens(6).withInitScale(0);
    Random random = new Random(11);
    try (Engine engine = Engine.open(MODEL, options)) {
      List<Generation> answers = new ArrayList<>();
      for (int i = 0; i < PROMPTS; i++) {
        String sum = random.nextInt(1000) + "+" + random.nextInt(1000) + "=";
        int[] prompt = engine.model().tokenizer().orElseThrow().encodePrompt(sum);
        answers.add(engine.submit(new Request(prompt, asked)));
      }
      return answers.stream()
          .map(answer -> answer.completion().join().tokens().stream())
          .map((Stream<Token> tokens) -> tokens.mapToInt(Token::id).toArray())
          .toList();
    }
  }
}
