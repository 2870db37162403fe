package muninn.engine;

/**
 * What an engine has learnt about guessing ahead, and what {@code draft=auto} makes of it: after
 * how many steps lanes guess, how many a sequence has ahead of its text, and whether it guesses at
 * all. Lanes are worth their place where they bring more useful steps in a time: what ticks take is
 * measured, and so is what becomes of guesses. None of this can change a text.
 *
 * <p>Where guessing does not pay, positions are still tried now and then, to see whether it would
 * by now, and where it does, some positions are asked more often, to learn when predictions settle.
 * All of that takes at most a {@value #TRIAL_SHARE}th of the time.
 */
final class LookAhead {
  static final int TRIAL_SHARE = 64;

  /** Guessing must promise so much more than one lane at a time. */
  private static final double LEAST_GAIN = 1.1;

  /** And this part of what it takes in vain. */
  private static final double LEAST_OF_WASTE = 0.25;

  private static final int FIRST_TRIALS = 8;

  /** What lanes are tried for, though they do not pay. */
  private static final double LEAST_PROMISE = 1.5;

  /** Lanes that are tried before anything is known, and for each one that was of use. */
  private static final int FIRST_LANES = 8;

  private static final int MORE_LANES = 2;

  private final TickPace pace;
  private final DraftDepth depths = new DraftDepth();
  private final CodaSharing sharing = new CodaSharing();
  private final GuessYield use = new GuessYield(null);
  private final GuessTrust trust = new GuessTrust();
  private int first; // trials before anything was known
  private double credit; // for later ones, in the time of ticks

  LookAhead(double preludeCost, double codaCost) {
    pace = new TickPace(preludeCost, codaCost);
  }

  /**
   * How a sequence guesses.
   *
   * @param depth after how many steps
   * @param lanes that it has, its first one included; with one it guesses only to learn
   * @param promise useful steps in a tick, were there room for all lanes
   */
  record Choice(int depth, int lanes, double promise) {
    static final Choice NONE = new Choice(1, 1, 1);

    boolean guesses() {
      return lanes > 1;
    }

    /** Whether guesses are right often enough, so that only what lanes take speaks against them. */
    boolean promises() {
      return promise >= LEAST_PROMISE;
    }
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

  /** How far what a lane guesses is to be believed. */
  GuessTrust trust() {
    return trust;
  }

  /** Takes in what a lane guessed, now that its token is known. */
  void learn(Lane lane, int token, int patience) {
    trust.learn(lane, token);
    depths.learn(lane, token, patience);
  }

  /**
   * What brings the most useful steps in a time.
   *
   * @param steps that positions take
   */
  Choice choose(int steps, Workload load) {
    double alone = alone(steps, load);
    double highest = 0;
    int most = (int) Math.min(load.share(), FIRST_LANES + MORE_LANES * use.kept());
    Choice best = Choice.NONE;
    DraftDepth.Course[] courses = steps > 1 ? depths.courses(steps) : new DraftDepth.Course[0];
    for (int i = courses.length - 1; i >= 0; i--) {
      int depth = 1 << i;
      double promise = steps / courses[i].until();
      if (promise > best.promise() && !best.guesses()) {
        best = new Choice(depth, 1, promise);
      }
      double least = LEAST_GAIN + LEAST_OF_WASTE * courses[i].wasted() / steps;
      int enough = (int) Math.ceil((steps + courses[i].wasted()) / courses[i].until());
      for (int lanes = 2; lanes <= Math.min(most, Math.max(2, enough)); lanes++) {
        double rate = rate(depth, lanes, courses[i], steps, load);
        if (rate > Math.max(highest, alone * least)) {
          best = new Choice(depth, lanes, promise);
          highest = rate;
        }
      }
    }
    return best;
  }

  /** Useful steps in a unit of time where every sequence that guesses has one lane. */
  private double alone(int steps, Workload load) {
    double all = load.guessing();
    double left = all / steps;
    double share = sharing.passes(left, all);
    return (load.others() + all) / pace.tick(load.others() + all, left, share, left, share);
  }

  /**
   * The same where each has so many, which guess after so many steps. Where these are fewer than
   * could be of use positions wait for a place, and guess wrong less often.
   */
  private double rate(int depth, int lanes, DraftDepth.Course course, int steps, Workload load) {
    double all = load.guessing();
    double wait = Math.max(course.until(), (double) steps / lanes);
    double wasted = course.wasted() * course.until() / wait;
    wait = Math.max(wait, (steps + wasted) / lanes);
    double each = (steps + wasted) / wait;
    double opened = all * (1 + wasted / depth) / wait;
    double speaks = sharing.passes(all / depth, all); // a sequence's lanes guess together
    double time =
        pace.tick(
            load.others() + all * each,
            opened,
            Math.min(speaks, sharing.passes(opened, all)),
            all * each / depth,
            speaks);
    return (load.others() + all * steps / wait) / time;
  }

  /**
   * Whether a lane that opens now is to be asked after 1, 2, 4 … steps too, though that may not
   * pay. Where its sequence has one lane at a time, and guesses {@linkplain Choice#promises
   * promise} something, another is to open behind it.
   */
  boolean tries(int steps, Choice now, Workload load) {
    if (first < FIRST_TRIALS) {
      first++;
      return true;
    }
    double asked = Math.log(now.guesses() ? now.depth() : steps) / Math.log(2);
    double price = asked * pace.codaCost() * pace.pass(1);
    if (!now.guesses() && now.promises()) {
      double lanes = load.others() + (double) load.guessing();
      double opened = pace.preludeCost() * pace.pass(1);
      price += steps * (opened + pace.pass(lanes + 1) - pace.pass(lanes));
    }
    if (credit < price) {
      return false;
    }
    credit -= price;
    return true;
  }
}
