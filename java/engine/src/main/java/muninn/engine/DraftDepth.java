package muninn.engine;

import java.util.Map;

/**
 * What positions take at each draft depth: after how many steps the next one stands on the right
 * guess, and what is spent on wrong ones until then. It is learnt from what lanes guessed: one that
 * is asked after every second step tells of depths 2, 4, 8 …, a trial of all. Whoever asks twice as
 * often hears at most so much earlier, and no later; within that a depth of which nothing was seen,
 * or not lately, is taken to be as good as it can be, so that it is tried.
 */
final class DraftDepth {
  private static final double SETTLED = 2; // steps after which predictions are taken to, at first
  private static final double WEIGHT = 0.5; // of what is taken to be so, in positions
  private static final double FORGET = 0.95; // at each position
  private static final int DEPTHS = 16; // 1, 2, 4 …

  private final Sums[] byDepth = new Sums[DEPTHS];

  /** Of one depth: positions, and what they took. */
  private static final class Sums {
    double seen;
    double wait;
    double wrong;
    double squares;

    void forget() {
      seen *= FORGET;
      wait *= FORGET;
      wrong *= FORGET;
      squares *= FORGET;
    }

    void learn(int depth, Lane lane, int token, int patience) {
      int steps = lane.steps();
      int right = 0; // since when what stands on the right guess has been there; 0: it is not
      int away = 0; // since when another one is guessed; 0: none
      int begun = 0; // when what stands on a wrong one opened
      int guess = token;
      for (Map.Entry<Integer, Integer> asked : lane.guesses.entrySet()) {
        int step = asked.getKey();
        if (step % depth == 0) {
          if (asked.getValue() != guess) {
            wasted(begun, step);
            guess = asked.getValue();
            begun = guess == token ? 0 : step;
          }
          if (guess == token) {
            right = right == 0 || isLost(away, step, depth * patience) ? step : right;
          }
          away = guess == token ? 0 : away == 0 ? step : away;
        }
      }
      wasted(begun, steps);
      wait += right == 0 || isLost(away, steps, depth * patience) ? steps : right;
      seen++;
    }

    private static boolean isLost(int away, int now, int patience) {
      return away > 0 && now - away > patience;
    }

    /** Something stood on a wrong guess from one step to another. */
    private void wasted(int from, int to) {
      if (from > 0) {
        wrong += to - from;
        squares += (double) (to - from) * (to - from);
      }
    }
  }

  /**
   * What a position takes in the mean.
   *
   * @param until steps after which the next one opens on the right guess
   * @param wasted steps that lanes take which are built on wrong ones
   */
  record Course(double until, double wasted) {}

  DraftDepth() {
    for (int i = 0; i < DEPTHS; i++) {
      byDepth[i] = new Sums();
    }
  }

  /** What positions of so many steps take at draft depths 1, 2, 4 … below these. */
  Course[] courses(int steps) {
    int count = Math.min(DEPTHS, 32 - Integer.numberOfLeadingZeros(steps - 1));
    Course[] courses = new Course[count];
    double wait = steps;
    double wrong = 0;
    double squares = 0;
    for (int i = count - 1; i >= 0; i--) {
      int depth = 1 << i;
      Sums sums = byDepth[i];
      double all = sums.seen + WEIGHT;
      double least = Math.max(SETTLED, i < count - 1 ? wait - depth : depth);
      double most = Math.max(depth, wait);
      wait = Math.min((sums.wait + WEIGHT * least) / all, most);
      wrong = (sums.wrong + WEIGHT * wrong) / all;
      squares = (sums.squares + WEIGHT * squares) / all;
      courses[i] = new Course(wait, wrong + squares / (2 * wait)); // lanes open on wrong ones too
    }
    return courses;
  }

  /**
   * Takes in what a lane guessed, now that its token is known.
   *
   * @param patience questions that what stands on a guess may lose before it is given up
   */
  void learn(Lane lane, int token, int patience) {
    if (lane.guesses.isEmpty()) {
      return;
    }
    for (int i = 0; i < DEPTHS; i++) {
      byDepth[i].forget();
      if (lane.guesses.containsKey(1 << i)) {
        byDepth[i].learn(1 << i, lane, token, patience);
      }
    }
  }
}
