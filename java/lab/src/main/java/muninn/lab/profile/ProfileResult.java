package muninn.lab.profile;

import java.util.ArrayList;
import java.util.List;
import muninn.lab.Ceiling;
import muninn.lab.Limits;
import muninn.lab.profile.TimedDevice.Detail;

/**
 * All that a {@link Profile} found.
 *
 * @param cacheBytesPerSecond as {@link Ceiling#ofCache} measures it
 * @param latencies of rounds without a clock on the device
 * @param stages of rounds in which stages were timed
 * @param operations of rounds in which operations were
 * @param answered by those rounds without a clock, round after round
 * @param timeline of the first round with stages timed, then of the first with operations
 */
record ProfileResult(
    String device,
    ProfileOptions options,
    List<Ceiling> ceilings,
    double cacheBytesPerSecond,
    Limits limits,
    Latencies latencies,
    List<List<Load.Answered>> answered,
    Breakdown stages,
    Breakdown operations,
    List<Spent> spent,
    List<Timeline.Event> timeline) {

  private static final double TAIL = 0.025;

  /**
   * What a round took.
   *
   * @param round from 0, one of each detail
   * @param busyNanos in which the engine had work
   */
  record Spent(int round, Detail detail, long wallNanos, long busyNanos, long tokens) {
    double nanosPerToken() {
      return (double) busyNanos / tokens;
    }
  }

  /**
   * By how much a token took longer for being looked at: of each round the quotient of its time and
   * that of the round without, less 1. The median, and its 95 % interval from order statistics,
   * which supposes nothing of how rounds are disturbed; of fewer than six rounds the least and the
   * most, which is less than that.
   */
  record Overhead(double median, double low, double high) {}

  Overhead overhead(Detail detail) {
    double[] shares =
        rounds(detail).stream()
            .mapToDouble(
                with ->
                    with.nanosPerToken() / rounds(Detail.OFF).get(with.round()).nanosPerToken() - 1)
            .sorted()
            .toArray();
    int outside = outside(shares.length);
    return new Overhead(median(shares), shares[outside], shares[shares.length - 1 - outside]);
  }

  /** How many of n values may be left out at each end of an interval that holds the median. */
  static int outside(int n) {
    double chance = Math.pow(0.5, n); // that so many or fewer lie below the median
    double below = chance;
    int outside = 0;
    while (below + chance * (n - outside) / (outside + 1) <= TAIL) {
      chance *= (double) (n - outside) / (outside + 1);
      below += chance;
      outside++;
    }
    return outside;
  }

  private List<Spent> rounds(Detail detail) {
    List<Spent> rounds = new ArrayList<>();
    for (Spent round : spent) {
      if (round.detail() == detail) {
        rounds.add(round);
      }
    }
    return rounds;
  }

  private static double median(double... sorted) {
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /** Of all rounds without a clock on the device. */
  double tokensPerSecond() {
    long tokens = 0;
    long nanos = 0;
    for (Spent round : rounds(Detail.OFF)) {
      tokens += round.tokens();
      nanos += round.wallNanos();
    }
    return tokens * 1e9 / nanos;
  }
}
