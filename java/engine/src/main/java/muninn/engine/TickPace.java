package muninn.engine;

import java.util.Arrays;

/**
 * How long a pass of the core takes, by its lanes, learnt from what ticks took. A tick is so many
 * passes' worth of work: one of the core, and what prelude and coda are of one. Passes are
 * remembered in classes of lane counts, each up to twice the one before, so the curve may have any
 * shape: flat where weights are streamed, rising where arithmetic is the limit. Of a class the
 * quickest of its last ticks counts: code that has yet to be compiled, and whoever else uses the
 * machine, make ticks longer, never shorter, and not those of all classes alike. What was not seen
 * for long gives way to what was, and what was never seen goes on as the curve does.
 */
final class TickPace {
  private static final int CLASSES = 32;
  private static final int LAST = 16; // ticks of a class
  private static final int REMEMBER = 256; // ticks

  private final double prelude;
  private final double coda;
  private final Recent[] classes = new Recent[CLASSES];
  private Recent[] curve = new Recent[0];
  private long ticks;

  /** The last ticks of a class, and the quickest of them for its lanes. */
  private static final class Recent {
    final double[] lanes = new double[LAST];
    final double[] nanos = new double[LAST];
    int count;
    int quickest;
    long seen;

    void add(double each, double one, long tick) {
      seen = tick;
      int place = count++ % LAST;
      lanes[place] = each;
      nanos[place] = one;
      if (place != quickest) {
        quickest = quicker(place, quickest) ? place : quickest;
        return;
      }
      for (int other = 0; other < Math.min(count, LAST); other++) {
        quickest = quicker(other, quickest) ? other : quickest;
      }
    }

    /** Between a time that is the same for all lanes and one that is the same for each. */
    private boolean quicker(int one, int other) {
      return nanos[one] * nanos[one] * lanes[other] < nanos[other] * nanos[other] * lanes[one];
    }

    double lanes() {
      return lanes[quickest];
    }

    double nanos() {
      return nanos[quickest];
    }
  }

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
    if (classes[place] == null || classes[place].seen <= ticks - REMEMBER) {
      classes[place] = new Recent();
    }
    classes[place].add(each, one, ++ticks);
    curve = curve();
  }

  /** How long a pass of the core over so many lanes takes; 1 where no tick was seen yet. */
  double pass(double count) {
    if (curve.length == 0) {
      return 1;
    }
    if (curve.length == 1) {
      return curve[0].nanos();
    }
    int upper = 1;
    while (upper < curve.length - 1 && curve[upper].lanes() < count) {
      upper++;
    }
    Recent from = curve[upper - 1];
    Recent to = curve[upper];
    double line = line(from, to, count);
    if (count < from.lanes()) { // fewer lanes take no longer, and at least their part
      return Math.clamp(line, from.nanos() * count / from.lanes(), from.nanos());
    }
    double time = count > to.lanes() ? Math.max(to.nanos(), line) : line;
    for (int i = 0; i < upper; i++) { // more take at most as much longer as they are more
      time = Math.min(time, curve[i].nanos() * count / curve[i].lanes());
    }
    return time;
  }

  /** The classes that were seen lately, or, where these make no curve, ever. */
  private Recent[] curve() {
    Recent[] lately = seenAfter(ticks - REMEMBER);
    return lately.length > 1 ? lately : seenAfter(0);
  }

  private Recent[] seenAfter(long tick) {
    return Arrays.stream(classes)
        .filter(one -> one != null && one.seen > tick)
        .toArray(Recent[]::new);
  }

  private static double line(Recent from, Recent to, double count) {
    double way = (count - from.lanes()) / (to.lanes() - from.lanes());
    return from.nanos() + way * (to.nanos() - from.nanos());
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
