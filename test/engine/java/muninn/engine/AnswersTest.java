package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import muninn.UserException;
import muninn.engine.answer.Answers;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import org.junit.jupiter.api.Test;

/** Several answers of one prompt. */
class AnswersTest {
  private static final Options OPTIONS =
      Options.DEFAULT.withSteps(6).withMaxTokens(12).withTemperature(1).withLogProbs(1);

  @Test
  void theFirstKeepsTheSeedAndTheOthersAreSplitMixs() {
    for (long seed : new long[] {0, 1, -1, 42, Long.MIN_VALUE, Long.MAX_VALUE}) {
      List<Long> wanted = new ArrayList<>(List.of(seed));
      SplittableRandom splitMix = new SplittableRandom(seed); // the JDK's generator is that one
      for (int i = 1; i < 128; i++) {
        wanted.add(splitMix.nextLong());
      }
      assertThat(OPTIONS.withSeed(seed).withN(128).each())
          .allMatch(each -> each.n() == 1)
          .extracting(each -> each.sampling().seed())
          .isEqualTo(wanted);
    }
    assertThat(OPTIONS.each()).containsExactly(OPTIONS);
  }

  @Test
  void theyAreToTheBitWhatTheirSeedsGiveAlone() {
    int[] prompt = {5, 7, 9};
    try (Engine engine =
        Engine.open(
            Golden.folder("raven-nano"),
            new EngineOptions(DeviceOptions.cpu(2), 64, 3, 16, 64 << 20))) {
      for (Speculation how : List.of(Speculation.NONE, Speculation.wavefront(2))) {
        Options options =
            OPTIONS.withThinking(Thinking.PLAIN.withSpeculation(how)).withSeed(3).withN(5);
        Request request = new Request(prompt, options);
        List<Completion> together = Answers.submit(request, engine::submit).completion().join();

        List<List<Token>> alone = new ArrayList<>();
        for (Request single : request.each()) {
          alone.add(engine.submit(single).completion().join().tokens());
        }
        assertThat(together).extracting(Completion::tokens).isEqualTo(alone);
        assertThat(alone).doesNotHaveDuplicates();
      }
      Request two = new Request(prompt, OPTIONS.withN(2));
      assertThatThrownBy(() -> engine.submit(two))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("n is 2, and one answer is given here");
    }
  }

  @Test
  void whereOneIsRefusedThoseBeforeItAreCancelled() {
    AtomicInteger cancelled = new AtomicInteger();
    List<Request> asked = new ArrayList<>();
    assertThatThrownBy(
            () ->
                Answers.submit(
                    new Request(new int[] {5}, OPTIONS.withN(4)),
                    request -> {
                      asked.add(request);
                      if (asked.size() == 3) {
                        throw new QueueFullException("two wait");
                      }
                      return new Endless(cancelled::incrementAndGet);
                    }))
        .isInstanceOf(QueueFullException.class);
    assertThat(asked).hasSize(3);
    assertThat(cancelled).hasValue(2);
  }

  /** Goes on until it is cancelled. */
  private record Endless(Runnable whenCancelled) implements Generation {
    @Override
    public Iterator<Token> iterator() {
      throw new UnsupportedOperationException("nobody listens");
    }

    @Override
    public CompletableFuture<Completion> completion() {
      return new CompletableFuture<>();
    }

    @Override
    public void cancel() {
      whenCancelled.run();
    }
  }
}
