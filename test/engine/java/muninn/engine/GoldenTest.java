package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The engine against the public reference implementation. */
class GoldenTest {
  static final List<String> CHECKPOINTS = Golden.CHECKPOINTS;

  private static final Offset<Float> TOLERANCE = Offset.offset(2e-4f);

  /** Where the engine runs, in float32. */
  EngineOptions options() {
    return new EngineOptions(DeviceOptions.cpu(0), 256, 64, 128, 0L);
  }

  @ParameterizedTest
  @FieldSource("CHECKPOINTS")
  void logitsAndLatentsAreTheReferences(String checkpoint) {
    List<JsonNode> cases = Golden.cases(checkpoint, "forward");
    assertThat(cases).hasSizeGreaterThanOrEqualTo(6);
    try (Engine engine = Engine.open(Golden.folder(checkpoint), options())) {
      for (JsonNode c : cases) {
        int[] prompt = Golden.ints(c.get("prompt"));
        Engine.Inspection seen = engine.inspect(prompt, c.get("steps").asInt(), 0f, 0L);
        float[] wanted = Golden.floats(c.get("logits"));
        int vocabulary = c.get("logits_shape").get(1).asInt();
        assertThat(seen.logits()).hasSize(prompt.length);
        for (int p = 0; p < prompt.length; p++) {
          assertThat(seen.logits().get(p))
              .as("%s position %d of %s", checkpoint, p, Arrays.toString(prompt))
              .containsExactly(
                  Arrays.copyOfRange(wanted, p * vocabulary, (p + 1) * vocabulary), TOLERANCE);
        }
        assertThat(seen.latent()).containsExactly(Golden.floats(c.get("latent_last")), TOLERANCE);
      }
    }
  }

  @ParameterizedTest
  @FieldSource("CHECKPOINTS")
  void greedyTokensAreTheReferences(String checkpoint) {
    List<JsonNode> cases = Golden.cases(checkpoint, "greedy");
    assertThat(cases).hasSizeGreaterThanOrEqualTo(6);
    try (Engine engine = Engine.open(Golden.folder(checkpoint), options())) {
      for (JsonNode c : cases) {
        int[] wanted = Golden.ints(c.get("tokens"));
        Request request =
            new Request(
                Golden.ints(c.get("prompt")),
                c.get("steps").asInt(),
                wanted.length,
                Sampling.GREEDY,
                0f,
                List.of(),
                true,
                -1);
        Completion completion = engine.submit(request).completion().join();
        assertThat(completion.tokens()).extracting(Token::id).containsExactly(boxed(wanted));
        assertThat(completion.tokens()).extracting(Token::steps).containsOnly(request.steps());
        assertThat(completion.finishReason()).isEqualTo(FinishReason.LENGTH);
      }
    }
  }

  private static Integer[] boxed(int[] values) {
    return Arrays.stream(values).boxed().toArray(Integer[]::new);
  }
}
