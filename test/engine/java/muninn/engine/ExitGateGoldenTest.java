package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import muninn.engine.answer.Token;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/**
 * Ouro's trained gate, in both of its meanings: positions that only select which loop speaks, as
 * the published code has it, and positions that leave, as our own float64 derivation from that code
 * has it; {@code golden/FAMILIES.md}.
 */
class ExitGateGoldenTest {
  private static final String CHECKPOINT = "ouro-nano";
  private static final Offset<Float> TOLERANCE = Offset.offset(2e-4f);

  /** Where the engine runs, in float32. */
  EngineOptions options() {
    return new EngineOptions(DeviceOptions.cpu(0), 256, 64, 16, 0L);
  }

  /** Whether a case of this checkpoint is one of those here. */
  static boolean runs(JsonNode c) {
    return switch (c.get("kind").asText()) {
      case "gate", "weighted" -> true;
      case "adaptive" -> c.get("criterion").asText().equals("gate-cdf");
      default -> false;
    };
  }

  @Test
  void theGateSaysOfEveryPositionAndLoopWhatTheReferencesDoes() {
    List<JsonNode> cases = Golden.cases(CHECKPOINT, "gate");
    assertThat(cases).hasSize(3);
    try (Engine engine = open()) {
      for (JsonNode c : cases) {
        int[] prompt = Golden.ints(c.get("prompt"));
        for (int p = 0; p < prompt.length; p++) {
          float[] seen = gate(engine, Arrays.copyOf(prompt, p + 1), c.get("steps").asInt());
          for (int loop = 0; loop < seen.length; loop++) {
            assertThat(seen[loop])
                .as("position %d of %d, loop %d", p, prompt.length, loop + 1)
                .isEqualTo((float) c.get("lambda").get(loop).get(p).asDouble(), TOLERANCE);
          }
        }
      }
    }
  }

  @Test
  void positionsSpeakFromTheLoopThatTheReferenceSelects() {
    List<JsonNode> cases = Golden.cases(CHECKPOINT, "adaptive");
    assertThat(cases).hasSize(6);
    try (Engine engine = open()) {
      for (JsonNode c : cases) {
        List<Token> tokens = answer(engine, c, exit(c).withPrompt(true).withSelects(true));
        assertThat(tokens).extracting(Token::id).containsExactly(Golden.boxed(c.get("tokens")));
        assertThat(tokens)
            .extracting(Token::steps)
            .containsExactly(Golden.boxed(c.get("exit_loop_of_token")));
      }
    }
  }

  @Test
  void positionsLeaveWithTheLoopThatWasDerived() {
    List<JsonNode> cases = Golden.derivedCases(CHECKPOINT, "adaptive-stop");
    assertThat(cases).hasSize(10);
    try (Engine engine = open()) {
      for (JsonNode c : cases) {
        Exit exit = exit(c).withMinSteps(c.get("min_steps").asInt());
        List<Token> tokens = answer(engine, c, exit);
        assertThat(tokens).extracting(Token::id).containsExactly(Golden.boxed(c.get("tokens")));
        assertThat(tokens.subList(1, tokens.size()))
            .extracting(Token::steps)
            .containsExactly(Golden.boxed(c.get("steps_taken_after_first_token")));
      }
    }
  }

  /** What is observed is what rules see. */
  @Test
  void anObserverSeesTheGateOfEveryLoop() {
    JsonNode c = Golden.cases(CHECKPOINT, "gate").getLast();
    int[] prompt = Golden.ints(c.get("prompt"));
    float[][] seen = new float[c.get("steps").asInt()][prompt.length];
    Observer observer =
        new Observer() {
          @Override
          public void begins(int position, float[] state) {}

          @Override
          public void steps(int position, int step, float[] state, float[] logits) {}

          @Override
          public void gate(int position, int step, float ends) {
            seen[step - 1][position] = ends;
          }
        };
    Options options = Options.DEFAULT.withSteps(seen.length).withMaxTokens(1);
    try (Engine engine = open()) {
      engine.observe(new Request(prompt, options), observer).completion().join();
    }
    for (int loop = 0; loop < seen.length; loop++) {
      assertThat(seen[loop]).containsExactly(Golden.floats(c.get("lambda").get(loop)), TOLERANCE);
    }
  }

  /** What loops would say, weighed by how likely thinking is to end with each. */
  @Test
  void theGateWeighsLoopsAsTheReferencesDoes() {
    List<JsonNode> cases = Golden.cases(CHECKPOINT, "weighted");
    assertThat(cases).hasSize(3);
    try (Engine engine = open()) {
      for (JsonNode c : cases) {
        int[] prompt = Golden.ints(c.get("prompt"));
        int steps = c.get("steps").asInt();
        float[] gate = gate(engine, prompt, steps);
        Map<Integer, float[]> logits = logits(engine, prompt, steps);
        float[] mean = new float[logits.get(1).length];
        double goesOn = 1;
        for (int loop = 1; loop <= steps; loop++) {
          double ends = loop < steps ? goesOn * gate[loop - 1] : goesOn;
          goesOn -= ends;
          for (int i = 0; i < mean.length; i++) {
            mean[i] += (float) ends * logits.get(loop)[i];
          }
        }
        assertThat(mean).containsExactly(Golden.floats(c.get("logits")), TOLERANCE);
      }
    }
  }

  @Test
  void aThresholdOfOneIsNeverReached() {
    try (Engine engine = open()) {
      JsonNode c = Golden.cases(CHECKPOINT, "greedy").getLast();
      Exit off = Exit.when(new KnownExit(KnownExit.Kind.GATE, 1));
      for (Exit exit : List.of(off, off.withSelects(true).withPrompt(true))) {
        assertThat(answer(engine, c, exit)).isEqualTo(answer(engine, c, Exit.NEVER));
      }
    }
  }

  private Engine open() {
    return Engine.open(Golden.folder(CHECKPOINT), options());
  }

  private static Exit exit(JsonNode c) {
    return Exit.when(new KnownExit(KnownExit.Kind.GATE, (float) c.get("threshold").asDouble()));
  }

  private static List<Token> answer(Engine engine, JsonNode c, Exit exit) {
    Options options =
        Options.DEFAULT
            .withSteps(c.get("steps").asInt())
            .withMaxTokens(c.get("tokens").size())
            .withIgnoreEos(true)
            .withExit(exit);
    Request request = new Request(Golden.ints(c.get("prompt")), options);
    return engine.submit(request).completion().join().tokens();
  }

  /** What the gate says of a prompt's last position after each loop. */
  private static float[] gate(Engine engine, int[] prompt, int steps) {
    float[] seen = new float[steps];
    ExitRule rule =
        new ExitRule() {
          @Override
          public Sees sees() {
            return Sees.GATE;
          }

          @Override
          public Watch watch() {
            return look -> {
              seen[look.step() - 1] = look.gate();
              return false;
            };
          }
        };
    // A rule is not asked after the last step, so there is one more.
    Options options =
        Options.DEFAULT
            .withSteps(steps + 1)
            .withMaxTokens(1)
            .withExit(Exit.when(rule).withPrompt(true));
    engine.submit(new Request(prompt, options)).completion().join();
    return seen;
  }

  /** What a prompt's last position would say after each loop. */
  private static Map<Integer, float[]> logits(Engine engine, int[] prompt, int steps) {
    Map<Integer, float[]> seen = new HashMap<>();
    Observer observer =
        new Observer() {
          @Override
          public void begins(int position, float[] state) {}

          @Override
          public void steps(int position, int step, float[] state, float[] logits) {
            if (position == prompt.length - 1) {
              seen.put(step, logits);
            }
          }
        };
    Options options = Options.DEFAULT.withSteps(steps).withMaxTokens(1);
    engine.observe(new Request(prompt, options), observer).completion().join();
    return seen;
  }
}
