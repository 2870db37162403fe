package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import muninn.engine.answer.Generation;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;
import muninn.engine.request.Request;
import muninn.engine.request.Thinking;
import muninn.kernels.cpu.CpuDevice;
import muninn.model.Model;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What code of a user's own throws, errors too, ends what it was about, and nothing else. */
class UserCodeTest {
  private static final Path NANO = Golden.folder("raven-nano");
  private static final EngineOptions OPTIONS =
      new EngineOptions(DeviceOptions.cpu(1), 16, 4, 8, 64 << 20);
  private static final Request REQUEST = Request.of(new int[] {5, 6}, 4, 6);

  static Stream<Throwable> thrown() {
    return ExitsTest.thrown();
  }

  @ParameterizedTest
  @MethodSource("thrown")
  void anExitRuleFailsItsAnswer(Throwable thrown) {
    ExitRule rule =
        new ExitRule() {
          @Override
          public Sees sees() {
            return Sees.OUTPUT;
          }

          @Override
          public Watch watch() {
            return look -> {
              ExitsTest.sneak(thrown);
              return false;
            };
          }
        };
    Request broken = REQUEST.with(Thinking.PLAIN.withExit(Exit.when(rule)));
    try (Engine engine = Engine.open(NANO, OPTIONS)) {
      failsAlone(engine, engine.submit(broken), thrown);
    }
  }

  /** Not only where an error was thrown by hand. */
  @Test
  void anExitRuleThatRecursesForEverFailsItsAnswer() {
    ExitRule rule =
        new ExitRule() {
          @Override
          public Sees sees() {
            return Sees.LATENT;
          }

          @Override
          public Watch watch() {
            return look -> watch().enough(look);
          }
        };
    Request broken = REQUEST.with(Thinking.PLAIN.withExit(Exit.when(rule)));
    try (Engine engine = Engine.open(NANO, OPTIONS)) {
      Generation failing = engine.submit(broken);
      Generation other = engine.submit(REQUEST);
      assertThatThrownBy(() -> failing.completion().join())
          .hasRootCauseInstanceOf(StackOverflowError.class);
      assertThat(other.completion().join().tokens()).hasSize(6);
    }
  }

  @ParameterizedTest
  @MethodSource("thrown")
  void anObserverFailsTheAnswerThatItLooksAt(Throwable thrown) {
    for (int when : new int[] {0, 3, 4}) { // as a position opens, thinks, and leaves
      Observer observer =
          new Observer() {
            @Override
            public void begins(int position, float[] state) {
              steps(position, 0, state, null);
            }

            @Override
            public void steps(int position, int step, float[] state, float[] logits) {
              if (step == when && position == 1) {
                ExitsTest.sneak(thrown);
              }
            }
          };
      try (Engine engine = Engine.open(NANO, OPTIONS)) {
        failsAlone(engine, engine.observe(REQUEST, observer), thrown);
        Request last = Request.of(new int[] {5, 6}, 4, 1); // position 1 ends the answer
        failsAlone(engine, engine.observe(last, observer), thrown);
      }
    }
  }

  private static void failsAlone(Engine engine, Generation failing, Throwable thrown) {
    Generation other = engine.submit(REQUEST);
    assertThatThrownBy(() -> failing.completion().join())
        .isInstanceOf(CompletionException.class)
        .cause()
        .isSameAs(thrown);
    assertThatThrownBy(() -> failing.forEach(token -> {})).cause().isSameAs(thrown);
    assertThat(other.completion().join().tokens()).hasSize(6);
    assertThat(engine.submit(REQUEST).completion().join().tokens()).hasSize(6);
  }

  @ParameterizedTest
  @MethodSource("thrown")
  void workBetweenTicksFailsTheAnswersThatItWorkedOn(Throwable thrown) {
    EngineOptions onePlace = new EngineOptions(DeviceOptions.cpu(1), 16, 1, 8, 64 << 20);
    try (Engine engine = Engine.open(NANO, onePlace)) {
      AtomicInteger ticks = new AtomicInteger();
      engine.betweenTicks(
          latents -> {
            if (ticks.incrementAndGet() == 6) {
              ExitsTest.sneak(thrown);
            }
          });
      Generation running = engine.submit(REQUEST);
      Generation waiting = engine.submit(REQUEST);
      assertThatThrownBy(() -> running.completion().join()).cause().isSameAs(thrown);
      assertThat(waiting.completion().join().tokens()).hasSize(6);
      assertThat(ticks.get()).as("it is called again").isGreaterThan(6);
    }
  }

  @ParameterizedTest
  @MethodSource("thrown")
  void aMonitorIsToldNothingMoreAndWhatItThrewIsReported(Throwable thrown) {
    AtomicReference<Throwable> reported = new AtomicReference<>();
    AtomicInteger told = new AtomicInteger();
    Monitor monitor =
        new Monitor() {
          @Override
          public void pass(Pass pass, LanesSeen lanes) {
            if (told.incrementAndGet() == 3) {
              Thread.currentThread().setUncaughtExceptionHandler((_, e) -> reported.set(e));
              ExitsTest.sneak(thrown);
            }
          }
        };
    try (Engine engine =
        Engine.open(Model.open(NANO.toString()), OPTIONS, () -> new CpuDevice(1), monitor)) {
      List<Generation> answers = List.of(engine.submit(REQUEST), engine.submit(REQUEST));
      assertThat(answers)
          .allSatisfy(answer -> assertThat(answer.completion().join().tokens()).hasSize(6));
    }
    assertThat(reported).hasValue(thrown);
    assertThat(told).hasValue(3);
  }

  @Test
  void whatDependsOnAnAnswerCannotHarmTheEngine() {
    try (Engine engine = Engine.open(NANO, OPTIONS)) {
      Generation first = engine.submit(REQUEST);
      first
          .completion()
          .thenRun(
              () -> {
                throw new StackOverflowError("planted");
              });
      assertThat(first.completion().join().tokens()).hasSize(6);
      assertThat(engine.submit(REQUEST).completion().join().tokens()).hasSize(6);
    }
  }
}
