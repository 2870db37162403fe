package muninn.lab.sweep;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import muninn.engine.answer.Completion.Rate;

/**
 * What one pass over all prompts gave. Its components are what {@link CellFile} keeps of it.
 *
 * @param setting {@link Setting#key}
 * @param repeat counted from 0
 * @param refused why the engine would not answer so; null where it did, and the rest is there
 * @param tokens the answers, of plain decoding only: what other cells are compared with
 */
record Cell(
    String setting,
    int repeat,
    String refused,
    Work work,
    Quality quality,
    Guesses guesses,
    List<int[]> tokens) {

  static Cell refused(Setting setting, String reason) {
    return new Cell(setting.key(), 0, reason, null, null, null, null);
  }

  /**
   * What it took.
   *
   * @param tokens said; a final stop token is not, though it was worked for
   * @param passes core passes that an answer had a lane in, summed over answers
   * @param lanePasses lanes of all answers in those passes, summed alike
   * @param rows core rows computed: recurrence steps of all lanes, squashed ones and prompts
   *     included
   * @param neededRows rows that a position each would have taken; −1 where nobody knows, since an
   *     exit rule ended a stop token's
   * @param tokenSteps steps of the positions that tokens were said at
   */
  record Work(
      long nanos,
      int answers,
      long promptTokens,
      long tokens,
      long passes,
      double lanePasses,
      long rows,
      long neededRows,
      long tokenSteps) {}

  /**
   * How good it was.
   *
   * @param graded answers to prompts that have a right one
   * @param correct of these, those that are it and were ended by the model
   * @param same answers that equal plain decoding's at the same depth, token for token
   * @param sameTokens tokens up to the first that differs from it
   * @param sameTokensOf tokens of the longer one of both
   * @param sameDeepest answers that equal plain decoding's at the deepest depth
   */
  record Quality(
      int graded, int correct, int same, long sameTokens, long sameTokensOf, int sameDeepest) {}

  /**
   * What became of guesses, as in {@link muninn.engine.answer.Completion.Speculated}, over all
   * answers.
   */
  record Guesses(long opened, long squashed, Map<Integer, Rate> byDepth, List<Rate> byPlace) {
    Guesses {
      byDepth = new TreeMap<>(byDepth); // in order, whatever file it came from
    }
  }
}
