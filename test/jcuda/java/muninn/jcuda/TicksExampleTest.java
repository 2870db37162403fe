package muninn.jcuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import muninn.engine.DeviceOptions;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.model.Model;
import org.junit.jupiter.api.Test;

/** A user's JCuda kernel between the engine's ticks, on the engine's own buffers. */
class TicksExampleTest {
  private static final EngineOptions OPTIONS =
      new EngineOptions(
          new DeviceOptions("emulated", 0, "float32", "auto", 0.9, true, "own", ""),
          8,
          2,
          8,
          16L << 20);
  private static final Request REQUEST =
      new Request(
          new int[] {5, 6, 7},
          Options.DEFAULT.withSteps(4).withMaxTokens(5).withIgnoreEos(true).withLogProbs(0));

  private static Engine open() {
    Emulated.driver(); // skips the test, by name, where it is not built
    return Engine.open(Model.open("random:64x4x96,vocab=300,context=64,seed=3"), OPTIONS);
  }

  @Test
  void aKernelThatChangesNothingChangesNoAnswer() {
    try (Engine engine = open()) {
      List<Token> plain = engine.submit(REQUEST).completion().join().tokens();
      assertThat(TicksExample.answer(engine, REQUEST, Emulated.image(), 1)).isEqualTo(plain);
    }
  }

  @Test
  void aKernelThatScalesTheLatentsIsSeenByTheNextTick() {
    try (Engine engine = open()) {
      List<Token> plain = engine.submit(REQUEST).completion().join().tokens();
      List<Token> scaled = TicksExample.answer(engine, REQUEST, Emulated.image(), 0.25f);
      assertThat(scaled).hasSameSizeAs(plain);
      assertThat(scaled.get(1).logProb()).isNotEqualTo(plain.get(1).logProb());
    }
  }

  @Test
  void whatItThrowsReachesWhoeverWaits() {
    try (Engine engine = open()) {
      engine.betweenTicks(
          latents -> {
            throw new IllegalStateException("planted");
          });
      assertThatThrownBy(() -> engine.submit(REQUEST).completion().join())
          .hasRootCauseMessage("planted");
    }
  }
}
