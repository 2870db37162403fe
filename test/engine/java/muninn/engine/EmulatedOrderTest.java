package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import muninn.cuda.Emulated;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Exit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The engine on the CUDA device, whose streams run late, or as far ahead of one another as their
 * events allow: nothing is read before it has come, nor overwritten before it was read.
 */
class EmulatedOrderTest {
  private static final Options OPTIONS =
      Options.DEFAULT.withSteps(5).withMaxTokens(8).withIgnoreEos(true).withTemperature(1);

  @ParameterizedTest
  @EnumSource(names = {"LATE", "RACING"})
  void textsAreThoseOfADeviceThatRunsAllAtOnce(Emulated.Order order) {
    List<List<Integer>> atOnce = texts();
    try (Emulated.Chosen _ = order.choose()) {
      assertThat(texts()).isEqualTo(atOnce);
    }
  }

  private static List<List<Integer>> texts() {
    DeviceOptions device = OnCuda.device("float32");
    EngineOptions options = new EngineOptions(device, 24, 6, 8, 64L << 20);
    List<Thinking> kinds =
        List.of(
            Thinking.PLAIN,
            Thinking.PLAIN.withSpeculation(Speculation.parse("wavefront:draft=1")),
            Thinking.PLAIN.withExit(Exit.parse("latent-diff")),
            Thinking.PLAIN.withExit(Exit.parse("argmax-stability")));
    List<Generation> answers = new ArrayList<>();
    try (Engine engine = Engine.open(Golden.folder("raven-nano"), options)) {
      for (int i = 0; i < 8; i++) {
        int[] prompt = {1 + i, 40 - i, 7, 3 * i};
        Options asked = OPTIONS.withThinking(kinds.get(i % kinds.size())).withSeed(i);
        answers.add(engine.submit(new Request(prompt, asked)));
      }
      return answers.stream()
          .map(answer -> answer.completion().join().tokens().stream().map(Token::id).toList())
          .toList();
    }
  }
}
