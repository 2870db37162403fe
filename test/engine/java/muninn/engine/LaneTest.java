package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import muninn.engine.Lane.State;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The life of a lane: what may follow what, and nothing else. */
class LaneTest {
  private static final int BUDGET = 3;

  private static final Map<String, Consumer<Lane>> EVENTS =
      Map.of(
          "step", Lane::step,
          "pause", Lane::pause,
          "resume", Lane::resume,
          "enough", Lane::enough,
          "waits", Lane::waits,
          "say", Lane::say,
          "leave", Lane::leave,
          "squash", Lane::squash);

  /** How a new lane comes to be in a state, and where each event leads from there; – nowhere. */
  private static final String LIFE =
      """
      state     | by                | step     | pause  | resume   | enough | waits  | say  | leave | squash
      OPEN      |                   | THINKING | –      | THINKING | –      | –      | –    | –     | SQUASHED
      THINKING  | step              | THINKING | PAUSED | –        | ENOUGH | –      | –    | –     | SQUASHED
      PAUSED    | step pause        | THINKING | –      | THINKING | –      | –      | –    | –     | SQUASHED
      ENOUGH    | step enough       | –        | –      | –        | –      | ENOUGH | SAID | LEFT  | SQUASHED
      SAID      | step enough say   | –        | –      | –        | –      | –      | –    | LEFT  | SQUASHED
      LEFT      | step enough leave | –        | –      | –        | –      | –      | –    | –     | –
      SQUASHED  | squash            | –        | –      | –        | –      | –      | –    | –     | –
      """;

  static Lane lane(int position, int budget) {
    return new Lane(0, position, Lane.Kind.NEW, 7, 42, budget, null);
  }

  @TestFactory
  Stream<DynamicTest> everyEventLeadsWhereTheTableSaysAndIsRefusedElsewhere() {
    List<List<String>> rows =
        LIFE.lines()
            .map(line -> Arrays.stream(line.split("\\|", -1)).map(String::strip).toList())
            .toList();
    List<DynamicTest> tests = new ArrayList<>();
    for (List<String> row : rows.subList(1, rows.size())) {
      for (int i = 2; i < row.size(); i++) {
        String event = rows.getFirst().get(i);
        String next = row.get(i);
        tests.add(
            DynamicTest.dynamicTest(
                row.getFirst() + " " + event + " " + next,
                () -> leads(State.valueOf(row.getFirst()), row.get(1), event, next)));
      }
    }
    assertThat(tests).hasSize(State.values().length * EVENTS.size());
    return tests.stream();
  }

  private static void leads(State from, String way, String event, String next) {
    Lane lane = lane(5, BUDGET);
    Arrays.stream(way.split(" ", -1))
        .filter(e -> !e.isEmpty())
        .forEach(e -> EVENTS.get(e).accept(lane));
    assertThat(lane.state()).isEqualTo(from);
    if (next.equals("–")) {
      assertThatThrownBy(() -> EVENTS.get(event).accept(lane))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("position 5 is " + from);
      assertThat(lane.state()).isEqualTo(from);
    } else {
      EVENTS.get(event).accept(lane);
      assertThat(lane.state()).isEqualTo(State.valueOf(next));
    }
  }

  @Test
  void asManyStepsAsItMayTakeAreEnough() {
    Lane lane = lane(0, BUDGET);
    for (int step = 1; step <= BUDGET; step++) {
      assertThat(lane.thinks()).isTrue();
      assertThat(lane.hasEnough()).isFalse();
      lane.step();
      assertThat(lane.steps()).isEqualTo(step);
      assertThat(lane.stepsLeft()).isEqualTo(BUDGET - step);
    }
    assertThat(lane.state()).isEqualTo(State.ENOUGH);
    assertThat(lane.hasEnough()).isTrue();
  }

  @Test
  void onlyATokenThatTheHostKnowsCanTurnOutToBeAnother() {
    Lane guessed = lane(3, BUDGET);
    assertThat(guessed.builtOn(42)).isTrue();
    assertThat(guessed.builtOn(43)).isFalse();
    Lane sampled = new Lane(0, 3, Lane.Kind.NEW, 7, Lane.SAMPLED, BUDGET, null);
    assertThat(sampled.builtOn(43)).isTrue();
  }
}
