package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.model.Fixture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Greedy tokens of the CUDA kernels in bfloat16 are those of the CPU, which multiplies the same
 * bfloat16 weights in float32, but where the CPU's two best tokens are as close as rounding is.
 * Both are asked about the CPU's answer, token by token, so that one tie does not spoil the rest.
 */
@Tag("gpu")
class CudaGreedyTest {
  static final List<String> ALL =
      Stream.concat(Stream.of("raven-nano"), FamilyGoldenTest.ALL.stream()).toList();

  /** Logits closer than this, of 3 to 8 for the best ones, are a tie to activations of 8 bits. */
  private static final float TIE = 0.1f;

  /** Huginn's random weights let thoughts of 16 steps wander: there any rounding grows. */
  private static final int SETTLED = 8;

  @TempDir private Path temporary;

  @ParameterizedTest
  @FieldSource("ALL")
  void tokensAreTheCpusButWhereTheyTie(String checkpoint) {
    compare(checkpoint, OnCuda.device("bfloat16"));
  }

  /** One with an adapter and heads that share keys, one without either. */
  @ParameterizedTest
  @ValueSource(strings = {"retrofit-llama3-nano", "ouro-nano"})
  void tokensOfWarpgroupsProductsAreTheCpusButWhereTheyTie(String checkpoint) {
    compare(checkpoint, OnCuda.withKernels("linear=wgmma"));
  }

  private void compare(String checkpoint, DeviceOptions device) {
    Path folder = Fixture.copyRounded(checkpoint, temporary.resolve(checkpoint));
    int tokens = 0;
    int ties = 0;
    float widest = 0;
    try (Engine cpu =
            Engine.open(folder, new EngineOptions(DeviceOptions.cpu(0), 64, 4, 16, 64L << 20));
        Engine cuda = Engine.open(folder, new EngineOptions(device, 64, 4, 16, 64L << 20))) {
      for (JsonNode c : Golden.cases(checkpoint, "greedy")) {
        int steps = c.get("steps").asInt();
        if (steps > SETTLED) {
          continue;
        }
        int[] prompt = Golden.ints(c.get("prompt"));
        int[] said = said(cpu, prompt, steps, c.get("tokens").size());
        int[] all = IntStream.concat(IntStream.of(prompt), IntStream.of(said)).toArray();
        List<float[]> exact = cpu.inspect(all, steps, 0, 0).logits();
        List<float[]> rounded = cuda.inspect(all, steps, 0, 0).logits();
        for (int i = 0; i < said.length; i++) {
          float[] logits = exact.get(prompt.length - 1 + i);
          float gap = logits[said[i]] - logits[best(rounded.get(prompt.length - 1 + i))];
          tokens++;
          ties += gap == 0 ? 0 : 1;
          widest = Math.max(widest, gap);
        }
      }
    }
    assertThat(widest).as("%d of %d tokens are the CPU's", tokens - ties, tokens).isLessThan(TIE);
    assertThat(tokens - ties).isGreaterThanOrEqualTo((int) (0.95 * tokens));
  }

  private static int[] said(Engine cpu, int[] prompt, int steps, int tokens) {
    Options options =
        Options.DEFAULT.withSteps(steps).withMaxTokens(tokens).withInitScale(0).withIgnoreEos(true);
    Completion answer = cpu.submit(new Request(prompt, options)).completion().join();
    return answer.tokens().stream().mapToInt(Token::id).toArray();
  }

  private static int best(float[] logits) {
    return IntStream.range(0, logits.length).reduce(0, (a, b) -> logits[b] > logits[a] ? b : a);
  }
}
