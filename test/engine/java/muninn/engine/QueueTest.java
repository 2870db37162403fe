package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import muninn.engine.answer.Generation;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;
import muninn.engine.request.Request;
import muninn.engine.request.Thinking;
import org.junit.jupiter.api.Test;

/** How many requests may wait, and what those hear that are too many. */
class QueueTest {
  private static final Path NANO = Golden.folder("raven-nano");
  private static final EngineOptions OPTIONS =
      new EngineOptions(DeviceOptions.cpu(1), 16, 2, 8, 64 << 20);
  private static final Request REQUEST = Request.of(new int[] {5}, 2, 3);

  /** A request during which the engine stands still until the latch opens. */
  private static Request standing(CountDownLatch latch) {
    ExitRule rule =
        new ExitRule() {
          @Override
          public Sees sees() {
            return Sees.LATENT;
          }

          @Override
          public Watch watch() {
            try {
              latch.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            return look -> false;
          }
        };
    return REQUEST.with(Thinking.PLAIN.withExit(Exit.when(rule)));
  }

  @Test
  void asManyWaitAsAllowedBesideThoseInWorkAndNotOneMore() {
    CountDownLatch latch = new CountDownLatch(1);
    List<Generation> answers = new ArrayList<>();
    try (Engine engine = Engine.open(NANO, OPTIONS.withMaxQueued(3))) {
      answers.add(engine.submit(standing(latch)));
      for (int i = 1; i < 2 + 3; i++) {
        answers.add(engine.submit(REQUEST));
      }
      assertThatThrownBy(() -> engine.submit(REQUEST))
          .isInstanceOf(QueueFullException.class)
          .hasMessageContainingAll("5 requests", "max_sequences 2", "max_queued 3", "again later");
      latch.countDown();
      for (Generation answer : answers) {
        assertThat(answer.completion().join().tokens()).hasSize(3);
        // whoever hears of an end finds its place free
        assertThat(engine.submit(REQUEST).completion().join().tokens()).hasSize(3);
      }
    }
  }

  @Test
  void whatEndsInAnyWayMakesRoom() {
    EngineOptions two = OPTIONS.withMaxQueued(0);
    ExitRule broken =
        new ExitRule() {
          @Override
          public Sees sees() {
            return Sees.LATENT;
          }

          @Override
          public Watch watch() {
            throw new IllegalStateException("planted");
          }
        };
    try (Engine engine = Engine.open(NANO, two)) {
      for (int i = 0; i < 5; i++) {
        Generation cancelled = engine.submit(Request.of(new int[] {5}, 2, 100));
        Generation failing =
            engine.submit(REQUEST.with(Thinking.PLAIN.withExit(Exit.when(broken))));
        cancelled.cancel();
        assertThat(cancelled.completion().join().finishReason()).isNotNull();
        assertThatThrownBy(() -> failing.completion().join()).hasRootCauseMessage("planted");
      }
    }
  }

  @Test
  void withoutALimitAllMayWait() {
    CountDownLatch latch = new CountDownLatch(1);
    List<Generation> answers = new ArrayList<>();
    try (Engine engine = Engine.open(NANO, OPTIONS)) {
      answers.add(engine.submit(standing(latch)));
      for (int i = 0; i < 100; i++) {
        answers.add(engine.submit(REQUEST));
      }
      latch.countDown();
      answers.forEach(answer -> assertThat(answer.completion().join().tokens()).hasSize(3));
    }
  }
}
