package muninn.engine.answer;

import java.util.List;
import java.util.Map;

/**
 * A finished answer.
 *
 * @param prompt the prompt's tokens with their log-probabilities, where these are asked for; empty
 *     otherwise. Nothing says the first: its log-probability is not a number, its steps are 0
 * @param tokens the new tokens, a final stop token left out
 * @param text their text up to a stop string; empty without a tokenizer
 */
public record Completion(
    List<Token> prompt, List<Token> tokens, String text, FinishReason finishReason, Stats stats) {

  /** Where nothing is told of the prompt. */
  public Completion(List<Token> tokens, String text, FinishReason finishReason, Stats stats) {
    this(List.of(), tokens, text, finishReason, stats);
  }

  /**
   * What the answer took.
   *
   * @param promptTokens positions of the prompt
   * @param cachedTokens those of them whose keys and values other requests had left, so that they
   *     were not thought about again
   * @param queuedNanos from submission to the first lane
   * @param firstTokenNanos from submission to the first token; 0 when there was none
   * @param totalNanos from submission to the end
   * @param ticks ticks in which this request had a live lane
   * @param waitedTicks those of them after which a lane that had thought enough waited for others,
   *     so that coda and head need be passed once for all
   * @param lanesPerTick mean number of live lanes, of all requests, in those ticks
   * @param steps recurrence steps computed for this request, the prompt's and those of squashed
   *     lanes included
   * @param speculated what became of its guesses
   */
  public record Stats(
      int promptTokens,
      int cachedTokens,
      long queuedNanos,
      long firstTokenNanos,
      long totalNanos,
      long ticks,
      long waitedTicks,
      double lanesPerTick,
      long steps,
      Speculated speculated) {}

  /**
   * What became of guesses.
   *
   * @param approximate whether the text may be another one than plain decoding's
   * @param opened lanes opened on a guess
   * @param squashed lanes that were thrown away
   * @param byDepth by steps: how often what a lane guessed then was its last token too
   * @param byPlace by lanes ahead when a lane was opened, from one: how often its token was right
   */
  public record Speculated(
      boolean approximate,
      int opened,
      int squashed,
      Map<Integer, Rate> byDepth,
      List<Rate> byPlace) {
    /** Without speculation. */
    public static final Speculated NOTHING = new Speculated(false, 0, 0, Map.of(), List.of());
  }

  /** So many were right, of so many. */
  public record Rate(int right, int of) {}
}
