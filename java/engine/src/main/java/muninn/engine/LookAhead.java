package muninn.engine;

/**
 * What an engine has learnt about guessing ahead, and what {@code draft=auto} makes of it: after
 * how many steps lanes guess, how many a sequence has ahead of its text, and whether it guesses at
 * all. Lanes are worth their place where they bring more useful steps in a time: what ticks take is
 * measured, and so is what becomes of guesses. None of this can change a text.
 *
 * <p>Where guessing does not pay, positions are still tried now and then, to see whether it would
 * by now, and where it does, positions are asked after every step, to learn when predictions
 * settle. All of that takes at most a {@value #TRIAL_SHARE}th of the time.
 */
final class LookAhead {
  static final int TRIAL_SHARE = 64;

  /** Guessing must promise so much more than one lane at a time. */
  private static final double LEAST_GAIN = 1.1;

  /** Lanes that are tried before anything is known, and for each one that was of use. */
  private static final int FIRST_LANES = 4;

  private static final int MORE_LANES = 2;

  private final TickPace pace;
  private final DraftDepth depths;
  private final CodaSharing sharing = new CodaSharing();
  private final GuessYield use = new GuessYield(null);
  private int first; // trials before anything was known
  private double credit; // for later ones, in the time of ticks

  LookAhead(double preludeCost, double codaCost) {
    pace = new TickPace(preludeCost, codaCost);
    depths = new DraftDepth(codaCost);
  }

  /**
   * A tick is over.
   *
   * @param running sequences in work
   * @param speaking lanes of theirs whose prediction was wanted
   * @param nanos that it took
   */
  void ticked(TickPace.Work work, int running, int speaking, long nanos) {
    pace.took(work, nanos);
    sharing.ticked(running, speaking);
    if (work.thought() > 0) {
      credit += pace.pass(work.thought()) / TRIAL_SHARE;
    }
  }

  /** A pass of coda and head, and of the prelude behind it, in steps of the core. */
  double priceOfAToken() {
    return pace.preludeCost() + pace.codaCost();
  }

  /** What becomes of the guesses of a sequence, which others learn from. */
  GuessYield use() {
    return new GuessYield(use);
  }

  /** Takes in what a lane guessed after each of its steps, now that its token is known. */
  void learn(Lane lane, int token) {
    depths.learn(lane, token);
  }

  /** After how many steps a lane guesses first, of a sequence of so many. */
  int depth(int steps) {
    return depths.best(steps);
  }

  /**
   * How many lanes a sequence should have, its first one included.
   *
   * @param steps that its positions take
   * @param depth after how many of them they guess
   * @param use what became of its guesses
   */
  int lanes(int steps, int depth, GuessYield use, Workload load) {
    long most = Math.min(load.share(), FIRST_LANES + MORE_LANES * use.kept());
    most = Math.min(most, steps / depth + 1);
    double[] shares = use.shares((int) Math.max(1, most));
    int best = 1;
    double alone = rate(1, 1, steps, depth, load);
    double highest = alone * LEAST_GAIN;
    double useful = 1;
    for (int lanes = 2; lanes <= most; lanes++) {
      useful += shares[lanes - 1];
      double rate = rate(lanes, useful, steps, depth, load);
      if (rate > highest) {
        best = lanes;
        highest = rate;
      }
    }
    return best;
  }

  /**
   * Useful steps in a unit of time where every sequence that guesses has so many lanes.
   *
   * @param useful how many of the lanes of a sequence are of use, in the mean
   */
  private double rate(int lanes, double useful, int steps, int depth, Workload load) {
    double all = load.guessing();
    double opened = all * lanes / steps;
    double left = all * useful / steps;
    double asked = lanes == 1 ? left : all * lanes / depth; // where they guess they leave beside it
    double time =
        pace.tick(
            load.others() + all * lanes,
            opened,
            sharing.passes(opened, all),
            asked,
            sharing.passes(asked, all));
    return (load.others() + all * useful) / time;
  }

  /**
   * Whether a lane that opens now is to be asked after every step, though that may not pay. Where
   * its sequence has one lane at a time, another is to open behind it.
   *
   * @param depth after how many steps it would be asked anyway
   * @param alone whether its sequence has one lane at a time
   */
  boolean tries(int steps, int depth, boolean alone, Workload load) {
    if (first < DraftDepth.LEARN_FROM) {
      first++;
      return true;
    }
    double price = steps * (alone ? another(load) : asked(1 - 1.0 / depth));
    if (credit < price) {
      return false;
    }
    credit -= price;
    return true;
  }

  /** What a tick costs more in which a lane is asked. */
  private double asked(double share) {
    return share * pace.codaCost() * pace.pass(1);
  }

  /** What it costs more with one more lane, which opens anew in each. */
  private double another(Workload load) {
    double now = load.others() + (double) load.guessing();
    return asked(1) + pace.preludeCost() * pace.pass(1) + pace.pass(now + 1) - pace.pass(now);
  }
}
