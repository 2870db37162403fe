package muninn.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import muninn.engine.Completion;
import muninn.engine.Token;

/** What an answer took, for people and for scripts. Rates count from submission to the end. */
record Stats(int newTokens, List<Integer> steps, Completion.Stats stats) {

  static Stats of(Completion completion) {
    List<Integer> steps = completion.tokens().stream().map(Token::steps).toList();
    return new Stats(steps.size(), steps, completion.stats());
  }

  double meanSteps() {
    return steps.stream().mapToInt(Integer::intValue).average().orElse(0);
  }

  double tokensPerSecond() {
    return stats.totalNanos() == 0 ? 0 : newTokens * 1e9 / stats.totalNanos();
  }

  String line() {
    return String.format(
        Locale.ROOT,
        "%d tokens in %.2f s: %.1f tokens/s, first token after %.0f ms, %d ticks, %.1f lanes a"
            + " tick, prompt of %d tokens, %.1f steps a token",
        newTokens,
        stats.totalNanos() / 1e9,
        tokensPerSecond(),
        stats.firstTokenNanos() / 1e6,
        stats.ticks(),
        stats.lanesPerTick(),
        stats.promptTokens(),
        meanSteps());
  }

  /** The steps of each token, in order. */
  String stepsLine() {
    return steps.stream().map(String::valueOf).collect(Collectors.joining(" ", "steps: ", ""));
  }

  void write(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("stats");
    json.writeNumberField("prompt_tokens", stats.promptTokens());
    json.writeNumberField("new_tokens", newTokens);
    json.writeNumberField("mean_steps", meanSteps());
    json.writeNumberField("tokens_per_second", tokensPerSecond());
    json.writeNumberField("time_to_first_token_ms", stats.firstTokenNanos() / 1e6);
    json.writeNumberField("queued_ms", stats.queuedNanos() / 1e6);
    json.writeNumberField("total_ms", stats.totalNanos() / 1e6);
    json.writeNumberField("ticks", stats.ticks());
    json.writeNumberField("lanes_per_tick", stats.lanesPerTick());
    json.writeEndObject();
  }
}
