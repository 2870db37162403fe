package muninn.engine.answer;

import java.util.List;

/**
 * One new token of an answer.
 *
 * @param id token id
 * @param text what may now be printed: empty while a character is incomplete or a stop string may
 *     have begun, several characters when that is settled; always empty without a tokenizer
 * @param steps recurrence steps its position took
 * @param logProb natural-log probability, at least −9999, of the token under the model's own
 *     distribution (before temperature, filters and penalty), NaN unless asked for
 * @param top the most probable alternatives, most probable first, empty unless asked for
 */
public record Token(int id, String text, int steps, float logProb, List<Alternative> top) {

  /** A token and its natural-log probability. */
  public record Alternative(int id, float logProb) {}
}
