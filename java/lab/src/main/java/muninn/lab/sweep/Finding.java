package muninn.lab.sweep;

import java.util.List;
import muninn.lab.eval.Score;

/**
 * What a cell showed. Rates are per token said: a final stop token is worked for, but not said.
 *
 * @param counts of the first round; null where the engine refused
 * @param rates tokens a second of each round, in ascending order
 * @param kvSlots keys and values that a position may come to hold, in blocks
 */
record Finding(Setting setting, Cell counts, List<Double> rates, long kvSlots) {

  boolean refused() {
    return counts.refused() != null;
  }

  boolean speculates() {
    return !setting.draft().isEmpty();
  }

  boolean graded() {
    return counts.quality().graded() > 0;
  }

  Score accuracy() {
    return new Score(counts.quality().correct(), counts.quality().graded());
  }

  /** Share of answers that plain decoding gives at the same depth, token for token. */
  double sameText() {
    return (double) counts.quality().same() / counts.work().answers();
  }

  /** Share of tokens up to the first that differs from plain decoding's. */
  double sameTokens() {
    return over(counts.quality().sameTokens(), counts.quality().sameTokensOf());
  }

  /** Share of answers that plain decoding gives at the deepest depth of the grid. */
  double sameAsDeepest() {
    return (double) counts.quality().sameDeepest() / counts.work().answers();
  }

  /** Accuracy where prompts have answers, otherwise agreement with the deepest depth. */
  double quality() {
    return graded() ? accuracy().accuracy() : sameAsDeepest();
  }

  double meanSteps() {
    return over(counts.work().tokenSteps(), counts.work().tokens());
  }

  double passesPerToken() {
    return over(counts.work().passes(), counts.work().tokens());
  }

  double rowsPerToken() {
    return over(counts.work().rows(), counts.work().tokens());
  }

  /** Rows computed over those that a position each would have taken; NaN where nobody knows. */
  double rowsOverNeeded() {
    long needed = counts.work().neededRows();
    return needed < 0 ? Double.NaN : over(counts.work().rows(), needed);
  }

  double lanesPerPass() {
    return counts.work().lanePasses() / counts.work().passes();
  }

  /** The median of all rounds. */
  double tokensPerSecond() {
    int middle = rates.size() / 2;
    return rates.size() % 2 == 1
        ? rates.get(middle)
        : (rates.get(middle - 1) + rates.get(middle)) / 2;
  }

  private static double over(long part, long whole) {
    return whole == 0 ? Double.NaN : (double) part / whole;
  }
}
