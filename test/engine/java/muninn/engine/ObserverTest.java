package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What an observer sees is what happens, and looking changes nothing. */
class ObserverTest {
  private static final Path NANO = Golden.folder("raven-nano");
  private static final int[] PROMPT = {5, 7, 9, 11, 3};
  private static final int STEPS = 6;

  /** Where the engine runs. */
  DeviceOptions device() {
    return DeviceOptions.cpu(2);
  }

  private record Seen(float[] state, float[] logits) {}

  /** By position, then step. */
  private static final class Notes implements Observer {
    final Map<Integer, Map<Integer, Seen>> seen = new TreeMap<>();

    @Override
    public void begins(int position, float[] state) {
      seen.computeIfAbsent(position, p -> new TreeMap<>()).put(0, new Seen(state, null));
    }

    @Override
    public void steps(int position, int step, float[] state, float[] logits) {
      assertThat(seen.get(position).put(step, new Seen(state, logits))).isNull();
    }
  }

  private Engine open() {
    return Engine.open(NANO, new EngineOptions(device(), 32, 4, 16, 64 << 20));
  }

  private static Request request(float initScale, int maxTokens) {
    Sampling sampling = Sampling.GREEDY.withSeed(7);
    return new Request(
        PROMPT,
        Options.DEFAULT
            .withSteps(STEPS)
            .withMaxTokens(maxTokens)
            .withSampling(sampling)
            .withInitScale(initScale)
            .withIgnoreEos(true));
  }

  @Test
  void everyStepSaysWhatARequestOfThatDepthWouldSay() {
    try (Engine engine = open()) {
      Notes notes = new Notes();
      engine.observe(request(1, 1), notes).completion().join();

      assertThat(notes.seen).hasSize(PROMPT.length);
      for (int step = 1; step <= STEPS; step++) {
        Engine.Inspection wanted = engine.inspect(PROMPT, step, 1, 7);
        for (int position = 0; position < PROMPT.length; position++) {
          assertThat(notes.seen.get(position).get(step).logits())
              .as("step %d of position %d", step, position)
              .isEqualTo(wanted.logits().get(position));
        }
      }
    }
  }

  @Test
  void statesBeginWhereTheScaleSaysAndMoveWithEachStep() {
    try (Engine engine = open()) {
      Notes zero = new Notes();
      engine.observe(request(0, 1), zero).completion().join();
      Notes random = new Notes();
      engine.observe(request(1, 1), random).completion().join();

      assertThat(zero.seen.get(2).get(0).state()).containsOnly(0f);
      assertThat(random.seen.get(2).get(0).state()).isNotEqualTo(zero.seen.get(2).get(0).state());
      for (int step = 0; step < STEPS; step++) {
        assertThat(random.seen.get(2).get(step + 1).state())
            .hasSameSizeAs(random.seen.get(2).get(step).state())
            .isNotEqualTo(random.seen.get(2).get(step).state());
      }
    }
  }

  @Test
  void anAnswerIsTheSameObservedAndAmongOthersAndItsPositionsAreSeenToo() {
    try (Engine engine = open()) {
      Completion wanted = engine.submit(request(1, 6)).completion().join();
      Notes alone = new Notes();
      engine.observe(request(1, 6), alone).completion().join();
      List<Generation> others = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        others.add(engine.submit(Request.of(new int[] {i + 1, 4}, i + 3, 9)));
      }
      Notes among = new Notes();
      Completion observed = engine.observe(request(1, 6), among).completion().join();
      others.forEach(other -> other.completion().join());

      assertThat(observed.tokens()).isEqualTo(wanted.tokens());
      assertThat(among.seen).hasSize(PROMPT.length + 5);
      among.seen.forEach(
          (position, steps) -> {
            assertThat(steps).hasSize(STEPS + 1);
            steps.forEach(
                (step, seen) -> {
                  assertThat(seen.state()).isEqualTo(alone.seen.get(position).get(step).state());
                  assertThat(seen.logits()).isEqualTo(alone.seen.get(position).get(step).logits());
                });
          });
    }
  }

  @Test
  void onlyPlainThinkingIsObserved() {
    try (Engine engine = open()) {
      Request request = request(1, 1).with(Thinking.PLAIN.withContinuous(Continuous.PUBLISHED));
      assertThatThrownBy(() -> engine.observe(request, new Notes()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
