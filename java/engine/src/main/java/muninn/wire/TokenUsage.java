package muninn.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;

/**
 * What an answer is charged for.
 *
 * @param prompt tokens of all prompts, each counted once
 * @param cached those of them that were not thought about again
 * @param completion tokens of all answers
 */
public record TokenUsage(int prompt, int cached, int completion) {

  /** That of some choices. */
  public static TokenUsage of(Telling telling, List<Choice> choices) {
    int prompt = 0;
    int cached = 0;
    int completion = 0;
    for (Choice choice : choices) {
      if (choice.opens()) {
        prompt += choice.completion().stats().promptTokens();
        cached += choice.completion().stats().cachedTokens();
      }
      completion += telling.promptOnly() ? 0 : choice.completion().tokens().size();
    }
    return new TokenUsage(prompt, cached, completion);
  }

  /** Writes the field. */
  void write(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("usage");
    json.writeNumberField("prompt_tokens", prompt);
    json.writeNumberField("completion_tokens", completion);
    json.writeNumberField("total_tokens", prompt + completion);
    if (cached > 0) {
      json.writeObjectFieldStart("prompt_tokens_details");
      json.writeNumberField("cached_tokens", cached);
      json.writeEndObject();
    }
    json.writeEndObject();
  }
}
