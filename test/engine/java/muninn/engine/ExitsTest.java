package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import muninn.engine.answer.Token;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;
import muninn.engine.request.ExitRule.Sees;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Exits as tables of ticks, on a scheduler without a device. A row is what the lanes look like
 * after a tick: position and steps, a dot where these are enough.
 */
class ExitsTest {
  private static final int STEPS = 6;

  private final PlainScheduler plain = new PlainScheduler(16, 4, 10_000);
  private final List<String> asked = new ArrayList<>();

  /** A rule that fires where the look says so: its change is 1. */
  private ExitRule rule(Sees sees) {
    return new ExitRule() {
      @Override
      public Sees sees() {
        return sees;
      }

      @Override
      public Watch watch() {
        return look -> look.change() == 1;
      }
    };
  }

  /** Rules fire for these: position and step. */
  private void firesAt(String... places) {
    Set<String> wanted = new HashSet<>(List.of(places));
    plain.eyes =
        lane -> {
          String place = lane.position + ":" + lane.steps();
          asked.add(place);
          return ExitRule.Look.ofLatent(lane.steps(), 0, wanted.contains(place) ? 1 : 0, 0);
        };
  }

  private Answer submit(Thinking thinking, int promptTokens, int maxTokens) {
    return plain.submit(PlainScheduler.request(promptTokens, STEPS, maxTokens).with(thinking));
  }

  private String ticks() {
    List<String> rows = new ArrayList<>();
    while (!plain.scheduler.idle()) {
      plain.tick();
      rows.add(plain.lanes());
    }
    return String.join("\n", rows);
  }

  private static List<Integer> steps(Answer answer) {
    return answer.completion().join().tokens().stream().map(Token::steps).toList();
  }

  @ParameterizedTest
  @EnumSource
  void aPositionLeavesWithTheStepAfterWhichItsRuleFires(Sees sees) {
    firesAt("1:2", "2:5");
    Answer answer = submit(Thinking.PLAIN.withExit(Exit.when(rule(sees))), 1, 4);
    plain.run();
    assertThat(steps(answer)).as("the prompt's as many as it may").containsExactly(6, 2, 5, 6);
    assertThat(asked)
        .as("never about the prompt, nor after the last step")
        .containsExactly(
            "1:1", "1:2", "2:1", "2:2", "2:3", "2:4", "2:5", "3:1", "3:2", "3:3", "3:4", "3:5");
  }

  /** It takes a step more than it needs, and is not asked about that. */
  @Test
  void aRuleThatIsHeardLateLetsAPositionLeaveAStepLater() {
    firesAt("1:2", "2:5", "3:1");
    Exit exit = Exit.when(rule(Sees.LATENT)).withLookahead(true);
    Answer answer = submit(Thinking.PLAIN.withExit(exit), 1, 4);
    plain.run();
    assertThat(steps(answer)).containsExactly(6, 3, 6, 2);
    assertThat(asked).containsExactly("1:1", "1:2", "2:1", "2:2", "2:3", "2:4", "2:5", "3:1");
  }

  @Test
  void itIsHeardInItsRhythmToo() {
    firesAt("1:3", "1:4");
    Exit exit = new Exit(rule(Sees.PATH), 2, 2, false).withLookahead(true);
    Answer answer = submit(Thinking.PLAIN.withExit(exit), 1, 2);
    plain.run();
    assertThat(steps(answer)).containsExactly(6, 5);
  }

  /** What a position that pauses has seen is heard with its next step. */
  @Test
  void aPositionOfARoundHearsLateWithItsOwnNextStep() {
    firesAt("1:2", "2:2");
    Exit exit = Exit.when(rule(Sees.LATENT)).withLookahead(true);
    for (Speculation how :
        List.of(Speculation.NONE, Speculation.rounds(2, 3), Speculation.wavefront(1))) {
      Answer answer = submit(Thinking.PLAIN.withExit(exit).withSpeculation(how), 1, 4);
      plain.run();
      assertThat(steps(answer)).as("%s", how).containsExactly(6, 3, 3, 6);
    }
  }

  @Test
  void aRuleIsAskedInItsRhythm() {
    firesAt("1:3");
    Answer answer = submit(Thinking.PLAIN.withExit(new Exit(rule(Sees.LATENT), 2, 2, false)), 1, 2);
    plain.run();
    assertThat(asked).containsExactly("1:2", "1:4");
    assertThat(steps(answer)).containsExactly(6, 6);
  }

  /** It may answer at any step, and must have seen those before. */
  @ParameterizedTest
  @EnumSource(names = {"PATH", "GATE"})
  void aRuleOfTheGateOrOfThePathIsShownEveryStepAndHeardInItsRhythm(Sees sees) {
    firesAt("1:1", "1:3", "1:4");
    Answer answer = submit(Thinking.PLAIN.withExit(new Exit(rule(sees), 2, 2, false)), 1, 2);
    plain.run();
    assertThat(asked).containsExactly("1:1", "1:2", "1:3", "1:4");
    assertThat(steps(answer)).containsExactly(6, 4);
  }

  @ParameterizedTest
  @EnumSource
  void aPositionThatSelectsThinksOnAndSpeaksFromTheStepOfItsRule(Sees sees) {
    firesAt("1:2", "1:4");
    plain.mind = lane -> 10 * lane.position + lane.spokenSteps();
    Exit exit = Exit.when(rule(sees)).withSelects(true);
    Answer answer = submit(Thinking.PLAIN.withExit(exit), 1, 3);
    assertThat(plain.run()).isEqualTo(3 * STEPS);
    assertThat(steps(answer)).containsExactly(6, 2, 6);
    assertThat(PlainScheduler.tokens(answer)).containsExactly(6, 12, 26);
    assertThat(asked)
        .as("no more than it takes")
        .containsExactly("1:1", "1:2", "2:1", "2:2", "2:3", "2:4", "2:5");
  }

  @Test
  void aPromptWhoseLastPositionSelectsThinksOn() {
    firesAt("2:3");
    Exit exit = new Exit(rule(Sees.LATENT), 1, 1, true, true);
    Answer answer = submit(Thinking.PLAIN.withExit(exit), 3, 1);
    assertThat(plain.run()).isEqualTo(STEPS);
    assertThat(steps(answer)).containsExactly(3);
  }

  @Test
  void thePromptsLastPositionLeavesWithThoseThatThinkWithIt() {
    firesAt("2:3");
    Answer answer = submit(Thinking.PLAIN.withExit(new Exit(rule(Sees.LATENT), 1, 1, true)), 3, 1);
    assertThat(ticks())
        .isEqualTo(
            """
            0:1 1:1 2:1
            0:2 1:2 2:2
            """);
    assertThat(asked).containsExactly("2:1", "2:2", "2:3");
    assertThat(steps(answer)).containsExactly(3);
  }

  @Test
  void aLaneThatHasEnoughStaysUntilThoseBeforeItHave() {
    firesAt("2:2"); // the second of two on a guess, while the first has three steps
    Thinking wave = Thinking.PLAIN.withSpeculation(Speculation.wavefront(1));
    submit(wave.withExit(Exit.when(rule(Sees.LATENT))), 1, 3);
    assertThat(ticks())
        .isEqualTo(
            """
            0:1
            0:2 1:1
            0:3 1:2 2:1
            0:4 1:3 2:2.
            0:5 1:4 2:2.
            1:5 2:2.
            """);
  }

  /** A frozen position is not asked any more; the one that froze it thinks on. */
  @Test
  void aPositionThatFreezesEndsThoseBeforeItButNotItself() {
    firesAt("3:1");
    KnownExit freeze = new KnownExit(KnownExit.Kind.LATENT_DIFF, 0.5f);
    plain.eyes = negated(plain.eyes);
    Thinking wave = Thinking.PLAIN.withSpeculation(Speculation.wavefront(1).freezing(freeze));
    submit(wave, 1, 4);
    assertThat(ticks())
        .isEqualTo(
            """
            0:1
            0:2 1:1
            0:3 1:2 2:1
            0:4 1:3. 2:2. 3:1
            0:5 1:3. 2:2. 3:2
            3:3
            3:4
            3:5
            """); // the prompt's position is not frozen: text after it waits for it
  }

  /** Latent-diff fires where the change is small: 0 for 1, and 1 for 0. */
  private static java.util.function.Function<Lane, ExitRule.Look> negated(
      java.util.function.Function<Lane, ExitRule.Look> eyes) {
    return lane -> ExitRule.Look.ofLatent(lane.steps(), 0, 1 - eyes.apply(lane).change(), 0);
  }

  static Stream<Throwable> thrown() {
    return Stream.of(
        new IllegalStateException("planted"),
        new StackOverflowError("planted"),
        new OutOfMemoryError("planted"),
        new NoClassDefFoundError("planted"),
        new AssertionError("planted"));
  }

  @ParameterizedTest
  @MethodSource("thrown")
  void whateverARuleThrowsFailsItsAnswerAlone(Throwable thrown) {
    for (Sees sees : Sees.values()) {
      Answer failing = submit(Thinking.PLAIN.withExit(Exit.when(throwing(sees, thrown, 3))), 1, 4);
      Answer other = submit(Thinking.PLAIN.withExit(Exit.when(rule(sees))), 1, 4);
      Answer watchless =
          submit(Thinking.PLAIN.withExit(Exit.when(throwing(sees, thrown, 0))), 1, 4);
      plain.run();
      assertThat(failing.completion().exceptionNow()).isSameAs(thrown);
      assertThat(watchless.completion().exceptionNow()).isSameAs(thrown);
      assertThat(PlainScheduler.tokens(other)).containsExactly(1, 2, 3, 4);
      assertThat(plain.batch.freeRows()).isEqualTo(16);
      assertThat(plain.unreserved()).isEqualTo(10_000);
    }
  }

  /** Throws from the watch when asked after so many steps, or at 0 when it is to begin one. */
  private static ExitRule throwing(Sees sees, Throwable thrown, int step) {
    return new ExitRule() {
      @Override
      public Sees sees() {
        return sees;
      }

      @Override
      public Watch watch() {
        if (step == 0) {
          sneak(thrown);
        }
        return look -> {
          if (look.step() == step) {
            sneak(thrown);
          }
          return false;
        };
      }
    };
  }

  /** Throws what it is given, as it is. */
  static void sneak(Throwable thrown) {
    switch (thrown) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalArgumentException(thrown);
    }
  }
}
