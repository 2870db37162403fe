package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule.Look;
import muninn.engine.request.ExitRule.Watch;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Thinking;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * The exit rule {@code contraction}, on ways that are known and against plain loops in double
 * precision over the states that a plain run shows.
 */
class ContractionTest {
  static final List<String> ALL = FamilyGoldenTest.ALL;

  private static final int STEPS = 8;

  EngineOptions options() {
    return new EngineOptions(DeviceOptions.cpu(2), 64, 4, STEPS, 0L);
  }

  /** The step after which a way of such steps, of a state of length 1, is left; 0 for never. */
  private static int leaves(double threshold, double... moves) {
    Watch watch = new KnownExit(KnownExit.Kind.CONTRACTION, (float) threshold).watch();
    for (int i = 0; i < moves.length; i++) {
      if (watch.enough(Look.ofLatent(i + 1, (float) moves[i], (float) moves[i], 0))) {
        return i + 1;
      }
    }
    return 0;
  }

  @Test
  void aWayThatHalvesIsLeftWhereItsRestIsShort() {
    // What is left after a step of a half, a quarter, … is as long as that step.
    assertThat(leaves(0.25, 0.5, 0.25, 0.125, 0.0625)).isEqualTo(3);
    assertThat(leaves(0.26, 0.5, 0.25, 0.125, 0.0625)).isEqualTo(2);
    assertThat(leaves(0.02, 0.5, 0.25, 0.125, 0.0625)).isZero();
  }

  @Test
  void slowContractionIsNotTakenForAnEnd() {
    // Steps of a hundredth, each 0.99 of the one before, have a way of about 1 ahead.
    assertThat(leaves(0.5, 0.0100, 0.0099, 0.009801)).isZero();
    assertThat(leaves(0.98, 0.0100, 0.0099, 0.009801)).isEqualTo(3);
  }

  @Test
  void stepsThatDoNotGetShorterNeverFire() {
    assertThat(leaves(1e6, 0.001, 0.001, 0.002, 0.004)).isZero();
    assertThat(leaves(1e6, Float.NaN, Float.NaN, 0.1)).isZero();
    assertThat(leaves(0.1, 0.001)).as("one step has no ratio").isZero();
  }

  @Test
  void aStateThatStandsHasArrived() {
    assertThat(leaves(1e-6, 0.5, 0)).isEqualTo(2);
    assertThat(leaves(1e-6, 0)).isEqualTo(1);
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void itFiresWhereTheStatesSaySo(String checkpoint) {
    Random random = new Random(41);
    int early = 0;
    try (Engine engine = Engine.open(Golden.folder(checkpoint), options())) {
      for (int length : new int[] {1, 3, 7}) {
        int[] prompt = random.ints(length, 0, 90).toArray();
        List<double[]> states = states(engine, prompt);
        for (double threshold : new double[] {2, 0.5, 0.2, 0.05}) {
          int expected = expected(states, threshold);
          if (expected > 0) {
            KnownExit rule = new KnownExit(KnownExit.Kind.CONTRACTION, (float) threshold);
            Thinking thinking = Thinking.PLAIN.withExit(new Exit(rule, 1, 1, true, true));
            assertThat(steps(engine, prompt, thinking)).isEqualTo(expected);
            Exit late = thinking.exit().withLookahead(true);
            assertThat(steps(engine, prompt, thinking.withExit(late)))
                .isEqualTo(Math.min(STEPS, expected + 1));
            early += expected < STEPS ? 1 : 0;
          }
        }
      }
    }
    assertThat(early).isPositive();
  }

  /** It sees the steps before the first that it may fire after. */
  @Test
  void itKnowsTheStepsThatItMayNotFireAfter() {
    try (Engine engine = Engine.open(Golden.folder("raven-nano"), options())) {
      int[] prompt = {5, 17, 80};
      KnownExit rule = new KnownExit(KnownExit.Kind.CONTRACTION, 1e5f);
      List<double[]> states = states(engine, prompt);
      for (int first = 2; first < STEPS; first++) {
        int expected = first;
        while (expected < STEPS && rest(states, expected) >= 1e5) {
          expected++;
        }
        Thinking thinking = Thinking.PLAIN.withExit(new Exit(rule, first, 1, true, true));
        assertThat(steps(engine, prompt, thinking)).as("from %d", first).isEqualTo(expected);
      }
    }
  }

  private static int steps(Engine engine, int[] prompt, Thinking thinking) {
    Request request = new Request(prompt, plain().withThinking(thinking));
    return engine.submit(request).completion().join().tokens().getFirst().steps();
  }

  private static Options plain() {
    return Options.DEFAULT.withSteps(STEPS).withMaxTokens(1).withInitScale(0).withIgnoreEos(true);
  }

  /** The states of the prompt's last position, the one that it starts from first. */
  private static List<double[]> states(Engine engine, int[] prompt) {
    List<double[]> states = new ArrayList<>();
    Observer observer =
        new Observer() {
          @Override
          public void begins(int position, float[] state) {
            keep(position, state);
          }

          @Override
          public void steps(int position, int step, float[] state, float[] logits) {
            keep(position, state);
          }

          private void keep(int position, float[] state) {
            if (position == prompt.length - 1) {
              double[] copy = new double[state.length];
              for (int i = 0; i < copy.length; i++) {
                copy[i] = state[i];
              }
              states.add(copy);
            }
          }
        };
    engine.observe(new Request(prompt, plain()), observer).completion().join();
    return states;
  }

  /** The step at which the rule fires, or the last; 0 where rounding might decide. */
  private static int expected(List<double[]> states, double threshold) {
    for (int step = 2; step < states.size() - 1; step++) {
      double rest = rest(states, step);
      if (Math.abs(rest / threshold - 1) < 1e-3) {
        return 0;
      }
      if (rest < threshold) {
        return step;
      }
    }
    return states.size() - 1;
  }

  /** What is left of the way after a step, of the state's length; infinite where steps grow. */
  private static double rest(List<double[]> states, int step) {
    double now = distance(states.get(step), states.get(step - 1));
    double ratio = now / distance(states.get(step - 1), states.get(step - 2));
    double length = distance(states.get(step), new double[states.get(step).length]);
    return ratio < 1 ? now / length * ratio / (1 - ratio) : Double.POSITIVE_INFINITY;
  }

  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }
}
