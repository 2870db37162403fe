package muninn.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Token;

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

  /** What became of guesses, at the first depth and at each doubling of it. */
  Optional<String> speculationLine() {
    Completion.Speculated guesses = stats.speculated();
    if (guesses.byDepth().isEmpty()) {
      return Optional.empty();
    }
    int first = guesses.byDepth().keySet().iterator().next();
    return Optional.of(
        String.format(
            Locale.ROOT,
            "guesses: %d lanes opened on one, %d squashed, %.1f lanes in flight, %.1f core passes a"
                + " token; right by steps: %s",
            guesses.opened(),
            guesses.squashed(),
            lanesInFlight(),
            passesPerToken(),
            guesses.byDepth().entrySet().stream()
                .filter(rate -> Integer.bitCount(rate.getKey() / first) == 1)
                .map(rate -> rate.getKey() + ": " + percent(rate.getValue()))
                .collect(Collectors.joining(", "))));
  }

  /** That speculation may have changed the text, where it may. */
  Optional<String> approximateLine() {
    return stats.speculated().approximate()
        ? Optional.of("approximate: speculation as asked for may change the text")
        : Optional.empty();
  }

  private static String percent(Completion.Rate rate) {
    return String.format(Locale.ROOT, "%.0f %%", 100.0 * rate.right() / rate.of());
  }

  private double lanesInFlight() {
    return stats.ticks() == 0 ? 0 : (double) stats.steps() / stats.ticks();
  }

  private double passesPerToken() {
    return newTokens == 0 ? 0 : (double) stats.ticks() / newTokens;
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
    json.writeNumberField("core_rows", stats.steps());
    json.writeNumberField("lanes_in_flight", lanesInFlight());
    json.writeNumberField("core_passes_per_token", passesPerToken());
    if (!stats.speculated().byDepth().isEmpty()) {
      writeSpeculation(json, stats.speculated());
    }
    json.writeEndObject();
  }

  private static void writeSpeculation(JsonGenerator json, Completion.Speculated guesses)
      throws IOException {
    json.writeObjectFieldStart("speculation");
    json.writeNumberField("opened", guesses.opened());
    json.writeNumberField("squashed", guesses.squashed());
    json.writeArrayFieldStart("by_draft_depth");
    for (Map.Entry<Integer, Completion.Rate> rate : guesses.byDepth().entrySet()) {
      writeRate(json, "steps", rate.getKey(), rate.getValue());
    }
    json.writeEndArray();
    json.writeArrayFieldStart("by_lanes_ahead");
    for (int i = 0; i < guesses.byPlace().size(); i++) {
      writeRate(json, "lanes_ahead", i + 1, guesses.byPlace().get(i));
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void writeRate(JsonGenerator json, String key, int value, Completion.Rate rate)
      throws IOException {
    json.writeStartObject();
    json.writeNumberField(key, value);
    json.writeNumberField("right", rate.right());
    json.writeNumberField("of", rate.of());
    json.writeEndObject();
  }
}
