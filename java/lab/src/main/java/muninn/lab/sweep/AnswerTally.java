package muninn.lab.sweep;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Completion.Rate;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Token;

/** Sums up the answers of one cell. */
final class AnswerTally {
  private static final Rate NONE = new Rate(0, 0);

  private final Setting setting;
  private final boolean grades;
  private final Map<Integer, Rate> byDepth = new TreeMap<>();
  private final List<Rate> byPlace = new ArrayList<>();
  private int answers;
  private long promptTokens;
  private long tokens;
  private long passes;
  private double lanePasses;
  private long rows;
  private long needed;
  private boolean neededKnown = true;
  private long tokenSteps;
  private int graded;
  private int correct;
  private int same;
  private int sameDeepest;
  private long sameTokens;
  private long sameTokensOf;
  private long opened;
  private long squashed;

  /**
   * @param grades whether answers may be right: those that go on past their end never are
   */
  AnswerTally(Setting setting, boolean grades) {
    this.setting = setting;
    this.grades = grades;
  }

  /**
   * Takes in an answer.
   *
   * @param said its tokens
   * @param plain plain decoding's at the same depth
   * @param deepest plain decoding's at the deepest depth
   */
  void add(Prompt prompt, Completion answer, int[] said, int[] plain, int[] deepest) {
    answers++;
    addWork(answer);
    addGuesses(answer.stats().speculated());
    if (grades && prompt.answer().isPresent()) {
      graded++;
      boolean ended = answer.finishReason() == FinishReason.STOP;
      correct += ended && prompt.answer().get().equals(answer.text()) ? 1 : 0;
    }
    int differs = Arrays.mismatch(said, plain);
    same += differs < 0 ? 1 : 0;
    sameDeepest += Arrays.equals(said, deepest) ? 1 : 0;
    sameTokens += differs < 0 ? said.length : differs;
    sameTokensOf += Math.max(said.length, plain.length);
  }

  private void addWork(Completion answer) {
    Completion.Stats stats = answer.stats();
    promptTokens += stats.promptTokens();
    tokens += answer.tokens().size();
    passes += stats.ticks();
    lanePasses += stats.lanesPerTick() * stats.ticks();
    rows += stats.steps();
    // The prompt at full depth, the last of it saying the first token; then a position a token.
    needed += (long) stats.promptTokens() * setting.steps();
    for (int i = 0; i < answer.tokens().size(); i++) {
      Token token = answer.tokens().get(i);
      tokenSteps += token.steps();
      needed += i == 0 ? 0 : token.steps();
    }
    if (answer.finishReason() == FinishReason.STOP && !answer.tokens().isEmpty()) {
      needed += setting.steps(); // the stop token's, which is not among the tokens said
      neededKnown &= setting.thinking().exit().rule() == null;
    }
  }

  private void addGuesses(Completion.Speculated guesses) {
    opened += guesses.opened();
    squashed += guesses.squashed();
    guesses.byDepth().forEach((depth, rate) -> byDepth.merge(depth, rate, AnswerTally::sum));
    for (int i = 0; i < guesses.byPlace().size(); i++) {
      if (i == byPlace.size()) {
        byPlace.add(NONE);
      }
      byPlace.set(i, sum(byPlace.get(i), guesses.byPlace().get(i)));
    }
  }

  private static Rate sum(Rate a, Rate b) {
    return new Rate(a.right() + b.right(), a.of() + b.of());
  }

  Cell cell(int repeat, long nanos, List<int[]> kept) {
    return new Cell(
        setting.key(),
        repeat,
        null,
        new Cell.Work(
            nanos,
            answers,
            promptTokens,
            tokens,
            passes,
            lanePasses,
            rows,
            neededKnown ? needed : -1,
            tokenSteps),
        new Cell.Quality(graded, correct, same, sameTokens, sameTokensOf, sameDeepest),
        new Cell.Guesses(opened, squashed, byDepth, byPlace),
        kept);
  }
}
