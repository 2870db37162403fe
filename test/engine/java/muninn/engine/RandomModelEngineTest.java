package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import muninn.engine.answer.Token;
import muninn.engine.request.Request;
import muninn.model.Model;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RandomModelEngineTest {
  private static final EngineOptions OPTIONS =
      new EngineOptions(DeviceOptions.cpu(2), 16, 4, 64, 0);
  private static final int[] PROMPT = {5, 7, 9, 2};

  @ParameterizedTest
  @ValueSource(
      strings = {
        "random:64x4x96,vocab=300,context=64",
        "random:d=96,heads=2,ffn=257,vocab=500,context=64,layers=1/1/1",
        "random:d=48,heads=3,ffn=112,vocab=160,context=64,layers=4/2/1,steps=4",
        "random:d=48,heads=3,ffn=112,vocab=160,context=64,layers=0/2/0,steps=4",
      })
  void logitsAtDepth32AreNumbersThatDiffer(String name) {
    try (Engine engine = Engine.open(Model.open(name), OPTIONS)) {
      Engine.Inspection seen = engine.inspect(PROMPT, 32, 1, 0);

      Set<Integer> most = new TreeSet<>();
      for (float[] logits : seen.logits()) {
        double mean = mean(logits);
        double spread = Math.sqrt(mean(squares(logits)) - mean * mean);
        assertThat(spread).as("standard deviation of the logits").isBetween(0.1, 10.0);
        most.add(argMax(logits));
      }
      assertThat(most).as("most probable tokens of four positions").hasSizeGreaterThan(1);
      // ln_f leaves a mean square of 1.
      assertThat(mean(squares(seen.latent()))).isBetween(0.99, 1.01);
    }
  }

  @Test
  void theSeedDecidesTheWeightsAndNothingElseDoes() {
    List<Integer> first = answer("random:64x4x96,vocab=300,context=64,seed=1", 1);

    assertThat(answer("random:64x4x96,vocab=300,context=64,seed=1", 3)).isEqualTo(first);
    assertThat(answer("random:64x4x96,vocab=300,context=64,seed=2", 3)).isNotEqualTo(first);
  }

  @Test
  void matricesOfOneShapeAreNotAlike() {
    // Were the two prelude blocks the same, swapping them would change nothing; were the rows of
    // the embedding the same, every token would get the same logit.
    try (Engine engine = open("random:64x4x96,vocab=300,context=64", 2)) {
      float[] logits = engine.inspect(PROMPT, 1, 1, 0).logits().getFirst();

      assertThat(new TreeSet<>(Arrays.asList(boxed(logits)))).hasSizeGreaterThan(250);
    }
  }

  private static List<Integer> answer(String name, int threads) {
    try (Engine engine = open(name, threads)) {
      return engine.submit(Request.of(PROMPT, 4, 12)).completion().join().tokens().stream()
          .map(Token::id)
          .toList();
    }
  }

  private static Engine open(String name, int threads) {
    return Engine.open(
        Model.open(name), new EngineOptions(DeviceOptions.cpu(threads), 16, 4, 64, 0));
  }

  private static Float[] boxed(float[] values) {
    Float[] boxed = new Float[values.length];
    Arrays.setAll(boxed, i -> values[i]);
    return boxed;
  }

  private static float[] squares(float[] values) {
    float[] squares = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      squares[i] = values[i] * values[i];
    }
    return squares;
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  private static int argMax(float[] values) {
    int most = 0;
    for (int i = 1; i < values.length; i++) {
      most = values[i] > values[most] ? i : most;
    }
    return most;
  }

  @ParameterizedTest
  @CsvSource({
    "random:huginn-0125, 128",
    "'random:huginn-0125,steps=64', 256",
    "random:ouro-1.4b, 16",
    "random:nanbeige-4.2-3b, 8"
  })
  void thereIsRoomForFourTimesTheStepsOfTheTraining(String name, int steps) {
    assertThat(EngineOptions.of(Model.open(name)).maxSteps()).isEqualTo(steps);
  }
}
