package muninn.lab.sweep;

/**
 * The least that any way of guessing could come to on the answers that were watched: what somebody
 * would need who knows each position's last word and opens the next one the moment that it is
 * predicted for the first time, and what somebody needs who always follows the newest prediction.
 * Most probable tokens are meant, at whatever temperature.
 *
 * @param firstRight steps after which they are right for the first time, in the mean
 * @param rightForGood steps after which they stay so
 * @param oracle passes of the one who knows, as a share of plain decoding's
 * @param newest the same of the one who follows
 */
public record Foresight(double firstRight, double rightForGood, double oracle, double newest) {

  /** Sums it up over answers. */
  static final class Sums {
    private long positions;
    private long steps;
    private long first;
    private long good;
    private long known;
    private long followed;
    private int lastSteps; // of the newest position, whose steps nobody can save
    private int lastFirst;
    private int lastGood;

    /**
     * A position of the answer.
     *
     * @param tokens the most probable one after each step
     */
    void add(int[] tokens) {
      int last = tokens[tokens.length - 1];
      lastSteps = tokens.length;
      lastFirst = 1;
      while (tokens[lastFirst - 1] != last) {
        lastFirst++;
      }
      lastGood = tokens.length;
      while (lastGood > 1 && tokens[lastGood - 2] == last) {
        lastGood--;
      }
      positions++;
      steps += lastSteps;
      first += lastFirst;
      good += lastGood;
      known += lastFirst;
      followed += lastGood;
    }

    /** The answer is over: its last position takes all of its steps. */
    void ended() {
      known += lastSteps - lastFirst;
      followed += lastSteps - lastGood;
      lastSteps = lastFirst = lastGood = 0;
    }

    Foresight foresight() {
      return new Foresight(
          (double) first / positions,
          (double) good / positions,
          (double) known / steps,
          (double) followed / steps);
    }
  }
}
