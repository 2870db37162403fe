package muninn.engine.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import muninn.UserException;
import muninn.engine.answer.Pump.Order;
import muninn.engine.answer.Pump.Outcome;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Jobs are numbers; what ends them, and when, is for each test to say. */
class PumpTest {
  private final List<Work> started = new ArrayList<>();
  private Runnable afterStart = () -> {};
  private int taken;

  private static final class Work implements Pump.Flight<String> {
    private final CompletableFuture<String> completion = new CompletableFuture<>();
    private boolean cancelled;

    @Override
    public CompletableFuture<String> completion() {
      return completion;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  @Example
  void outcomesComeAsJobsWereTakenHoweverTheyEnd() {
    onceStarted(4, () -> end(2, 0, 1, 3));

    assertThat(jobs(pump(4, 4, Order.AS_TAKEN))).containsExactly(0, 1, 2, 3);
  }

  @Example
  void orTheyComeAsTheyEnd() {
    onceStarted(4, () -> end(2, 0, 1, 3));

    assertThat(jobs(pump(4, 4, Order.AS_ENDED))).containsExactly(2, 0, 1, 3);
  }

  @Example
  void aJobThatWaitsForItsTurnIsNotInFlight() {
    onceStarted(2, () -> end(1));
    onceStarted(3, () -> end(2, 0));

    assertThat(jobs(pump(3, 2, Order.AS_TAKEN))).containsExactly(0, 1, 2);
  }

  @Example
  void noMoreJobsAreTakenThanMayBeInFlight() {
    onceStarted(2, () -> end(0));
    Pump<Integer, String> pump = pump(1_000_000, 2, Order.AS_ENDED);

    assertThat(pump.next()).isEqualTo(new Outcome<>(0, "done 0", null));
    assertThat(taken).isEqualTo(2);
  }

  @Example
  void anOutcomeIsGivenBackBeforeAnotherJobIsTaken() {
    onceStarted(1, () -> end(0));
    Pump<Integer, String> pump = pump(10, 5, Order.AS_ENDED);

    assertThat(pump.next().job()).isZero();
    assertThat(taken).isEqualTo(1);
  }

  /** In any order of ends, each outcome comes once, and the bound holds at every start. */
  @Property(tries = 200)
  void everyJobComesBackOnceAndTheBoundHolds(
      @ForAll @IntRange(min = 0, max = 40) int count,
      @ForAll @IntRange(min = 1, max = 7) int most,
      @ForAll Order order,
      @ForAll long seed) {
    Random random = new Random(seed);
    started.clear();
    afterStart =
        () -> {
          assertThat(unended()).hasSizeLessThanOrEqualTo(most);
          while (!unended().isEmpty()
              && (unended().size() == most || started.size() == count || random.nextBoolean())) {
            end(unended().get(random.nextInt(unended().size())));
          }
        };

    List<Integer> jobs = jobs(pump(count, most, order));

    assertThat(jobs).hasSize(count).doesNotHaveDuplicates();
    if (order == Order.AS_TAKEN) {
      assertThat(jobs).isSorted();
    }
  }

  @Example
  void whatAStartThrowsIsThatJobsFailureAndTheOthersGoOn() {
    UserException refused = new UserException("no");
    afterStart = () -> end(started.size() - 1);
    Pump<Integer, String> pump =
        new Pump<>(
            List.of(0, 1, 2).iterator(),
            2,
            Order.AS_TAKEN,
            job -> {
              if (job == 1) {
                throw refused;
              }
              return start();
            });

    assertThat(pump.next().failure()).isNull();
    assertThat(pump.next()).isEqualTo(new Outcome<>(1, null, refused));
    assertThat(pump.next().job()).isEqualTo(2);
    assertThat(pump.hasNext()).isFalse();
    assertThatThrownBy(pump::next).isInstanceOf(NoSuchElementException.class);
  }

  @Example
  void aFailureComesWithoutTheWrappingOfFutures() {
    IllegalStateException gone = new IllegalStateException("the device is gone");
    onceStarted(
        1,
        () -> started.getFirst().completion.completeExceptionally(new CompletionException(gone)));

    assertThat(pump(1, 1, Order.AS_ENDED).next().failure()).isSameAs(gone);
  }

  @Example
  void stoppedItGivesBackNothingMoreAlthoughAJobNeverEnds() throws InterruptedException {
    onceStarted(2, () -> end(0));
    Pump<Integer, String> pump = pump(9, 2, Order.AS_ENDED);
    CompletableFuture<List<Integer>> jobs = new CompletableFuture<>();
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  List<Integer> seen = new ArrayList<>(List.of(pump.next().job()));
                  jobs.complete(seen);
                  pump.forEachRemaining(outcome -> seen.add(outcome.job()));
                });
    List<Integer> seen = jobs.join();

    pump.stop();
    reader.join(10_000);

    assertThat(reader.isAlive()).isFalse();
    assertThat(seen).containsExactly(0);
    assertThat(pump.isStopped()).isTrue();
  }

  @Example
  void drainedItTakesNothingMoreButGivesBackWhatIsInFlight() {
    Pump<Integer, String> pump = pump(9, 3, Order.AS_ENDED);
    onceStarted(
        3,
        () -> {
          pump.drain();
          end(1, 0, 2);
        });

    assertThat(jobs(pump)).containsExactly(1, 0, 2);
    assertThat(taken).isEqualTo(3);
  }

  @Example
  void closedItCancelsWhatIsInFlightAndNothingElse() {
    onceStarted(3, () -> end(1));
    try (Pump<Integer, String> pump = pump(3, 3, Order.AS_ENDED)) {
      pump.next();
    }

    assertThat(started).extracting(work -> work.cancelled).containsExactly(true, false, true);
  }

  @Example
  void anInterruptedReaderIsToldSo() {
    Pump<Integer, String> pump = pump(1, 1, Order.AS_ENDED);
    Thread.currentThread().interrupt();

    assertThatThrownBy(pump::hasNext)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("interrupted");
    assertThat(Thread.interrupted()).as("and the thread too").isTrue();
  }

  @Example
  void aPumpThatHoldsNothingIsRefused() {
    assertThatThrownBy(() -> pump(1, 0, Order.AS_ENDED))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private Pump<Integer, String> pump(int jobs, int most, Order order) {
    return new Pump<>(
        IntStream.range(0, jobs).peek(_ -> taken++).boxed().iterator(), most, order, _ -> start());
  }

  private Work start() {
    Work work = new Work();
    started.add(work);
    afterStart.run();
    return work;
  }

  /** Does something as soon as so many jobs are started. */
  private void onceStarted(int count, Runnable then) {
    Runnable before = afterStart;
    afterStart =
        () -> {
          before.run();
          if (started.size() == count) {
            then.run();
          }
        };
  }

  private void end(int... jobs) {
    Arrays.stream(jobs).forEach(job -> started.get(job).completion.complete("done " + job));
  }

  private List<Integer> unended() {
    return IntStream.range(0, started.size())
        .filter(i -> !started.get(i).completion.isDone())
        .boxed()
        .toList();
  }

  private static List<Integer> jobs(Pump<Integer, String> pump) {
    List<Integer> jobs = new ArrayList<>();
    pump.forEachRemaining(outcome -> jobs.add(outcome.job()));
    return jobs;
  }
}
