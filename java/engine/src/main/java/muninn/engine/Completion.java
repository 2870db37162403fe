package muninn.engine;

import java.util.List;

/**
 * A finished answer.
 *
 * @param tokens the new tokens, a final stop token left out
 * @param text their text up to a stop string; empty without a tokenizer
 */
public record Completion(List<Token> tokens, String text, FinishReason finishReason, Stats stats) {

  /**
   * What the answer took.
   *
   * @param promptTokens positions prefilled
   * @param queuedNanos from submission to the first lane
   * @param firstTokenNanos from submission to the first token; 0 when there was none
   * @param totalNanos from submission to the end
   * @param ticks ticks in which this request had a live lane
   * @param lanesPerTick mean number of live lanes, of all requests, in those ticks
   */
  public record Stats(
      int promptTokens,
      long queuedNanos,
      long firstTokenNanos,
      long totalNanos,
      long ticks,
      double lanesPerTick) {}
}
