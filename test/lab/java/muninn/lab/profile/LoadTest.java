package muninn.lab.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Request;
import muninn.lab.profile.Load.Answered;
import muninn.lab.profile.Load.Arrivals;
import org.junit.jupiter.api.Test;

/**
 * Load in a time of the test's own: a server that answers one request after another, 4 ms for the
 * first token and 2 ms for each of two more, and that once stalls for a second.
 */
class LoadTest {
  private static final long MILLI = 1_000_000;
  private static final long STALL = 1000 * MILLI;
  private static final int TOKENS = 3;
  private static final int STALLED = 20;

  private long now = 5_000 * MILLI;

  @Test
  void anOpenLoopCountsFromTheIntendedStartSoThatAStallIsSeenByAllWhomItKeptWaiting() {
    // 100 requests a second, each served in 8 ms: nobody waits but for the stall.
    List<Answered> answered = load(STALLED).run(requests(300), new Arrivals.Open(100, false), 0);
    Latencies latencies = latencies(answered);

    // All that came in the second of the stall, and until the backlog of it was worked off, waited.
    long slow = answered.stream().filter(one -> firstToken(one) > 100 * MILLI).count();
    assertThat(slow).isGreaterThan(100);
    assertThat(firstToken(answered.get(STALLED))).isEqualTo(STALL + 4 * MILLI);
    assertThat(firstToken(answered.get(STALLED + 1))).isEqualTo(STALL - 10 * MILLI + 12 * MILLI);
    assertThat(latencies.percentile(Latencies.Wait.TIME_TO_FIRST_TOKEN, 75))
        .isGreaterThan(100 * MILLI);

    // Counted from when they could be put, one request of 300 was slow: it would go unnoticed.
    assertThat(latencies.percentile(Latencies.Wait.FIRST_TOKEN_AFTER_SUBMISSION, 99))
        .isLessThan(5 * MILLI);
    assertThat(latencies.most(Latencies.Wait.FIRST_TOKEN_AFTER_SUBMISSION)).isGreaterThan(STALL);
  }

  @Test
  void aClosedLoopAsksLessOfAServerThatStalls() {
    List<Answered> answered = load(STALLED).run(requests(300), new Arrivals.Closed(1), 0);

    assertThat(answered).extracting(Answered::request).isEqualTo(ints(300));
    assertThat(answered).allMatch(one -> one.intended() == one.submitted());
    assertThat(answered.stream().filter(one -> firstToken(one) > 100 * MILLI)).hasSize(1);
  }

  @Test
  void withoutAStallBothSayTheSame() {
    for (Arrivals arrivals : List.of(new Arrivals.Closed(1), new Arrivals.Open(100, false))) {
      Latencies latencies = latencies(load(-1).run(requests(50), arrivals, 0));

      assertThat(latencies.count(Latencies.Wait.TIME_TO_FIRST_TOKEN)).isEqualTo(50);
      assertThat(latencies.count(Latencies.Wait.GAP)).isEqualTo(50 * (TOKENS - 1));
      assertThat(latencies.count(Latencies.Wait.TIME_PER_TOKEN)).isEqualTo(50);
      assertThat(latencies.percentile(Latencies.Wait.TIME_TO_FIRST_TOKEN, 100))
          .isCloseTo(4 * MILLI, within(4 * MILLI / 1000));
      assertThat(latencies.percentile(Latencies.Wait.GAP, 50))
          .isCloseTo(2 * MILLI, within(2 * MILLI / 1000));
      assertThat(latencies.mean(Latencies.Wait.TIME_PER_TOKEN))
          .isCloseTo(2.0 * MILLI, within(2.0 * MILLI / 1000));
      assertThat(latencies.percentile(Latencies.Wait.ANSWER, 99))
          .isCloseTo(8 * MILLI, within(8 * MILLI / 1000));
    }
  }

  @Test
  void clientsOfAClosedLoopShareTheRequests() {
    List<Answered> answered = load(-1).run(requests(7), new Arrivals.Closed(3), 0);

    assertThat(answered).extracting(Answered::request).isEqualTo(ints(7));
    assertThat(answered).allMatch(one -> one.client() >= 0 && one.client() < 3);
  }

  @Test
  void requestsThatOverlapHaveDifferentClients() {
    List<Answered> answered = load(STALLED).run(requests(40), new Arrivals.Open(100, false), 0);

    for (Answered one : answered) {
      for (Answered other : answered) {
        boolean apart = one.ended() <= other.intended() || other.ended() <= one.intended();
        assertThat(one.equals(other) || apart || one.client() != other.client()).isTrue();
      }
    }
    assertThat(answered.getFirst().client()).isZero();
    assertThat(answered.get(1).client()).isZero(); // the first had ended
  }

  @Test
  void randomArrivalsHaveTheRateAskedForAndComeAgainWithTheirSeed() {
    Arrivals.Open open = new Arrivals.Open(250, true);
    long[] times = Load.times(20_000, open, 7);

    assertThat(times).isSorted().isEqualTo(Load.times(20_000, open, 7));
    assertThat(times).isNotEqualTo(Load.times(20_000, open, 8));
    assertThat(times[19_999] / 20_000.0).isCloseTo(4 * MILLI, within(0.1 * MILLI));
    // Exponential: as much spread as mean.
    double squares =
        IntStream.range(1, times.length)
            .mapToDouble(i -> times[i] - times[i - 1])
            .map(gap -> (gap - 4 * MILLI) * (gap - 4 * MILLI))
            .average()
            .orElseThrow();
    assertThat(Math.sqrt(squares)).isCloseTo(4.0 * MILLI, within(0.2 * MILLI));
  }

  @Test
  void anAnswerThatFailsFailsTheLoad() {
    IllegalStateException failure = new IllegalStateException("the engine failed");
    Load load =
        new Load(
            _ -> {
              throw failure;
            },
            new Own(),
            Inline::new);

    assertThatThrownBy(() -> load.run(requests(2), new Arrivals.Closed(2), 0)).isSameAs(failure);
    assertThatThrownBy(() -> load.run(requests(2), new Arrivals.Open(1, false), 0))
        .isSameAs(failure);
  }

  private static long firstToken(Answered answered) {
    return answered.tokens().getFirst() - answered.intended();
  }

  private static Latencies latencies(List<Answered> answered) {
    Latencies latencies = new Latencies();
    answered.forEach(latencies::add);
    return latencies;
  }

  private static List<Integer> ints(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  private static List<Request> requests(int count) {
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      requests.add(Request.of(new int[] {i}, 1, TOKENS));
    }
    return requests;
  }

  /**
   * @param stalled the request at which the server stalls; -1 for none
   */
  private Load load(int stalled) {
    return new Load(request -> new Served(request.prompt()[0] == stalled), new Own(), Inline::new);
  }

  private final class Own implements Load.Clock {
    @Override
    public long nanoTime() {
      return now;
    }

    @Override
    public void sleepUntil(long nanos) {
      now = Math.max(now, nanos);
    }
  }

  /** An answer whose tokens take their time when they are asked for. */
  private final class Served implements Generation {
    private final boolean stalls;

    Served(boolean stalls) {
      this.stalls = stalls;
    }

    @Override
    public Iterator<Token> iterator() {
      return IntStream.range(0, TOKENS)
          .mapToObj(
              i -> {
                now += i == 0 ? 4 * MILLI + (stalls ? STALL : 0) : 2 * MILLI;
                return new Token(i, "", 1, Float.NaN, List.of());
              })
          .iterator();
    }

    @Override
    public CompletableFuture<Completion> completion() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void cancel() {}
  }

  /** Runs at once what it is given. */
  private static final class Inline extends AbstractExecutorService implements ExecutorService {
    @Override
    public void execute(Runnable command) {
      command.run();
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return true;
    }

    @Override
    public boolean isTerminated() {
      return true;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return true;
    }
  }
}
