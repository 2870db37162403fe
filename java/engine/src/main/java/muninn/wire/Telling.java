package muninn.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;

/**
 * How answers are told to who asked through a completion endpoint.
 *
 * @param streamed token by token, as events
 * @param usage whether a stream ends with an event that counts tokens
 * @param echo whether the prompt stands before the answer
 * @param promptOnly whether the answer itself is left out, for nothing was asked but the prompt's
 *     log-probabilities
 * @param steps whether each token's recurrence steps are told
 * @param ids whether each token's id is told
 * @param progress whether a stream tells with each token what the answer has taken so far
 */
public record Telling(
    boolean streamed,
    boolean usage,
    boolean echo,
    boolean promptOnly,
    boolean steps,
    boolean ids,
    boolean progress) {

  /** The whole answer, and nothing beside it. */
  public static final Telling PLAIN = new Telling(false, false, false, false, false, false, false);

  /** The fields that OpenAI's choices do not have. */
  void extras(JsonGenerator json, List<Token> tokens) throws IOException {
    if (ids) {
      json.writeArrayFieldStart("token_ids");
      for (Token token : tokens) {
        json.writeNumber(token.id());
      }
      json.writeEndArray();
    }
    if (steps) {
      json.writeArrayFieldStart("steps");
      for (Token token : tokens) {
        json.writeNumber(token.steps());
      }
      json.writeEndArray();
    }
  }

  /**
   * What an answer has taken.
   *
   * @param spent null where there is nothing to tell of
   */
  void progress(JsonGenerator json, Generation.Spent spent) throws IOException {
    if (progress && spent != null) {
      json.writeObjectFieldStart("progress");
      json.writeNumberField("core_passes", spent.ticks());
      json.writeNumberField("steps", spent.steps());
      json.writeNumberField("lanes", spent.lanes());
      json.writeNumberField("drafted", spent.opened());
      json.writeNumberField("squashed", spent.squashed());
      json.writeEndObject();
    }
  }
}
