package muninn.lab;

import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Times work that a device does behind the host's back: so many runs are enqueued that a round is
 * long against the clock and the waiting at its end, then all are waited for.
 */
public final class Stopwatch {
  /** A recording device records in the second run, so the third is the first that is as others. */
  private static final int LEAST_WARM_UP_RUNS = 3;

  /**
   * How often rounds that lie far apart are taken anew, for code may have been compiled meanwhile.
   */
  private static final int ATTEMPTS = 3;

  private final Effort effort;
  private final LongSupplier nanoTime;
  private final Runnable synchronize;

  public Stopwatch(Effort effort, LongSupplier nanoTime, Runnable synchronize) {
    this.effort = effort;
    this.nanoTime = nanoTime;
    this.synchronize = synchronize;
  }

  /**
   * Times a run; where the rounds lie far apart and time is left, once more: the steadiest count.
   *
   * @param pieces equal pieces of work in a run; the result is for one
   */
  public Timing time(int pieces, Runnable run) {
    long start = nanoTime.getAsLong();
    double perRun = warmUp(run);
    int runs = (int) Math.clamp(Math.ceil(effort.round().toNanos() / perRun), 1, 1 << 20);
    Timing steadiest = rounds(start, runs, pieces, run);
    for (int i = 1; i < ATTEMPTS && steadiest.noisy(); i++) {
      Timing again = rounds(start, runs, pieces, run);
      if (again.rounds() < steadiest.rounds()) {
        break; // no time is left
      }
      steadiest = again.spread() < steadiest.spread() ? again : steadiest;
    }
    return steadiest;
  }

  private Timing rounds(long start, int runs, int pieces, Runnable run) {
    double[] rounds = new double[effort.rounds()];
    int done = 0;
    while (done < rounds.length && (done == 0 || nanoTime.getAsLong() - start < mostNanos())) {
      rounds[done++] = round(runs, run) / runs / pieces;
    }
    return Timing.of(Arrays.copyOf(rounds, done));
  }

  /** What a run takes, about. */
  private double warmUp(Runnable run) {
    double last = 0;
    double total = 0;
    int runs = 1;
    for (int batch = 0; batch < LEAST_WARM_UP_RUNS || total < effort.warmUp().toNanos(); batch++) {
      last = Math.max(1, round(runs, run)) / runs;
      total += last * runs;
      if (total > mostNanos()) {
        return last;
      }
      runs = batch < LEAST_WARM_UP_RUNS ? 1 : Math.min(2 * runs, 1 << 16);
    }
    return last;
  }

  private double round(int runs, Runnable run) {
    long start = nanoTime.getAsLong();
    for (int i = 0; i < runs; i++) {
      run.run();
    }
    synchronize.run();
    return nanoTime.getAsLong() - start;
  }

  private long mostNanos() {
    return effort.most().toNanos();
  }
}
