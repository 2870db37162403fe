package muninn.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** On a clock that only the work moves. */
class StopwatchTest {
  private long now;
  private long enqueued;

  private Stopwatch stopwatch(int rounds, Duration most) {
    Effort effort = new Effort(rounds, Duration.ofMillis(1), Duration.ofMillis(10), most);
    return new Stopwatch(
        effort,
        () -> now,
        () -> {
          now += enqueued;
          enqueued = 0;
        });
  }

  @Test
  void workThatRunsBehindTheHostsBackIsWaitedFor() {
    Timing timing = stopwatch(5, Duration.ofSeconds(1)).time(4, () -> enqueued += 8_000);

    assertThat(timing).isEqualTo(new Timing(2_000, 2_000, 0, 5));
  }

  @Test
  void theMedianIsReportedAndHowFarTheRoundsLieApart() {
    assertThat(Timing.of(30, 10, 20)).isEqualTo(new Timing(20, 10, 1, 3));
    assertThat(Timing.of(10, 20)).isEqualTo(new Timing(15, 10, 10 / 15.0, 2));
    assertThat(Timing.of(7)).isEqualTo(new Timing(7, 7, 0, 1));
  }

  @Test
  void theFirstRunsDoNotCountWhereLaterOnesAreFaster() {
    List<Long> runs = new ArrayList<>();
    Timing timing =
        stopwatch(3, Duration.ofSeconds(1))
            .time(
                1,
                () -> {
                  long takes = runs.size() < 3 ? 900_000 : 1_000;
                  runs.add(takes);
                  enqueued += takes;
                });

    assertThat(timing.nanos()).isEqualTo(1_000);
  }

  @Test
  void roundsThatLieFarApartAreTakenOnceMoreAndTheSteadierOnesKept() {
    long[] slower = {0};
    Timing timing =
        stopwatch(3, Duration.ofSeconds(1))
            .time(
                1,
                () -> {
                  // Compiled in the middle of the first rounds.
                  boolean compiled = now + enqueued > Duration.ofMillis(20).toNanos();
                  slower[0] += compiled ? 0 : 1;
                  enqueued += compiled ? 1_000 : 100_000;
                });

    assertThat(slower[0]).isPositive();
    assertThat(timing).isEqualTo(new Timing(1_000, 1_000, 0, 3));
  }

  @Test
  void roundsThatStayApartAreCalledNoisy() {
    long[] runs = {0};
    Timing timing =
        stopwatch(2, Duration.ofSeconds(1))
            .time(1, () -> enqueued += runs[0]++ % 2 == 0 ? 10_000_000 : 30_000_000);

    assertThat(timing.noisy()).isTrue();
    assertThat(Timing.of(100, 105, 110).noisy()).isFalse();
  }

  @Test
  void whatTakesLongIsMeasuredOnceAndNotForMinutes() {
    List<Long> runs = new ArrayList<>();
    Timing timing =
        stopwatch(7, Duration.ofSeconds(2))
            .time(
                1,
                () -> {
                  runs.add(now);
                  enqueued += Duration.ofSeconds(5).toNanos();
                });

    assertThat(timing.nanos()).isEqualTo(5e9);
    assertThat(timing.rounds()).isEqualTo(1);
    assertThat(runs).hasSize(2);
  }
}
