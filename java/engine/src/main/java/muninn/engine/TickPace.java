package muninn.engine;

import java.util.stream.IntStream;

/**
 * How long a pass of the core takes, by its lanes, learnt from what ticks took. A tick is so many
 * passes' worth of work: one of the core, and what prelude and coda are of one. Passes are
 * remembered in classes of lane counts, each up to twice the one before, so the curve may have any
 * shape: flat where weights are streamed, rising where arithmetic is the limit. What was not seen
 * for long gives way to what was, and what was never seen goes on as the curve does.
 */
final class TickPace {
  private static final int CLASSES = 32;
  private static final double NEWEST = 1 / 16.0; // weight of the newest tick of a class
  private static final double WILDEST = 4; // a tick counts as at most so many times its class's
  private static final int REMEMBER = 1024; // ticks

  private final double prelude;
  private final double coda;
  private final double[] lanes = new double[CLASSES];
  private final double[] nanos = new double[CLASSES];
  private final long[] seen = new long[CLASSES];
  private long ticks;

  /**
   * What passed in a tick.
   *
   * @param opened lanes that passed the prelude
   * @param thought lanes that passed the core
   * @param spoke lanes that passed the coda
   */
  record Work(int opened, int thought, int spoke) {}

  /**
   * @param prelude what a pass of it costs, in passes of the core
   * @param coda what a pass of it and the head costs
   */
  TickPace(double prelude, double coda) {
    this.prelude = prelude;
    this.coda = coda;
  }

  double preludeCost() {
    return prelude;
  }

  double codaCost() {
    return coda;
  }

  /** A tick took so long. */
  void took(Work work, long time) {
    if (work.thought() == 0) {
      return;
    }
    double passes = 1 + (work.opened() > 0 ? prelude : 0) + (work.spoke() > 0 ? coda : 0);
    double each = (work.thought() + prelude * work.opened() + coda * work.spoke()) / passes;
    double one = Math.max(1, time) / passes;
    int place = Math.min(CLASSES - 1, (int) (Math.log(Math.max(1, each)) / Math.log(2)));
    if (known(place)) {
      one = Math.clamp(one, nanos[place] / WILDEST, nanos[place] * WILDEST);
      lanes[place] += NEWEST * (each - lanes[place]);
      nanos[place] += NEWEST * (one - nanos[place]);
    } else {
      lanes[place] = each;
      nanos[place] = one;
    }
    seen[place] = ++ticks;
  }

  private boolean known(int place) {
    return seen[place] > 0 && seen[place] > ticks - REMEMBER;
  }

  /** How long a pass of the core over so many lanes takes; 1 where no tick was seen yet. */
  double pass(double count) {
    int[] places = places();
    if (places.length == 0) {
      return 1;
    }
    if (places.length == 1) {
      return nanos[places[0]];
    }
    int upper = 1;
    while (upper < places.length - 1 && lanes[places[upper]] < count) {
      upper++;
    }
    int from = places[upper - 1];
    int to = places[upper];
    if (count < lanes[from]) { // fewer lanes take no longer, and at least their part
      return Math.clamp(line(from, to, count), nanos[from] * count / lanes[from], nanos[from]);
    }
    return count > lanes[to] ? Math.max(nanos[to], line(from, to, count)) : line(from, to, count);
  }

  /** The classes that were seen lately, or, where these make no curve, ever. */
  private int[] places() {
    int[] lately = IntStream.range(0, CLASSES).filter(this::known).toArray();
    return lately.length > 1
        ? lately
        : IntStream.range(0, CLASSES).filter(place -> seen[place] > 0).toArray();
  }

  private double line(int from, int to, double count) {
    double way = (count - lanes[from]) / (lanes[to] - lanes[from]);
    return nanos[from] + way * (nanos[to] - nanos[from]);
  }

  /**
   * How long a tick takes in the mean.
   *
   * @param opened lanes that pass the prelude in a tick
   * @param opens the share of ticks in which some do
   * @param spoken lanes that pass the coda in a tick
   * @param speaks the share of ticks in which some do
   */
  double tick(double thinking, double opened, double opens, double spoken, double speaks) {
    return pass(thinking) + prelude * shared(opened, opens) + coda * shared(spoken, speaks);
  }

  private double shared(double count, double share) {
    return share <= 0 ? 0 : share * pass(count / share);
  }
}
