package muninn.batch;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import muninn.engine.Exit;
import muninn.engine.ExitRule;
import muninn.engine.KnownExit;
import muninn.engine.Request;
import muninn.engine.Sampling;
import muninn.engine.Thinking;
import muninn.files.Json;

/**
 * Everything of a request but its prompt: what the command line states for all of them, and what a
 * line of a job may state otherwise for itself. The components mean what they mean in {@link
 * Request}.
 */
public record JobOptions(
    int steps,
    int maxTokens,
    Sampling sampling,
    float initScale,
    List<String> stop,
    boolean ignoreEos,
    int logProbs,
    Thinking thinking) {

  /** With {@link Thinking#PLAIN}. */
  public JobOptions(
      int steps,
      int maxTokens,
      Sampling sampling,
      float initScale,
      List<String> stop,
      boolean ignoreEos,
      int logProbs) {
    this(steps, maxTokens, sampling, initScale, stop, ignoreEos, logProbs, Thinking.PLAIN);
  }

  /** The request that continues {@code prompt} with these options. */
  public Request request(int[] prompt) {
    return new Request(
        prompt, steps, maxTokens, sampling, initScale, stop, ignoreEos, logProbs, thinking);
  }

  public JobOptions withSteps(int steps) {
    return new JobOptions(
        steps, maxTokens, sampling, initScale, stop, ignoreEos, logProbs, thinking);
  }

  public JobOptions withSampling(Sampling sampling) {
    return new JobOptions(
        steps, maxTokens, sampling, initScale, stop, ignoreEos, logProbs, thinking);
  }

  /** How the options are spelled in a job's lines. */
  static Set<String> names() {
    return new JobOptions(1, 1, Sampling.GREEDY, 0, List.of(), false, -1).named().keySet();
  }

  /** Name and value of each option, spelled as in a job's lines. */
  Map<String, String> named() {
    Map<String, String> named = new LinkedHashMap<>();
    named.put("steps", Integer.toString(steps));
    named.put("max_tokens", Integer.toString(maxTokens));
    named.put("temperature", Float.toString(sampling.temperature()));
    named.put("top_k", Integer.toString(sampling.topK()));
    named.put("top_p", Float.toString(sampling.topP()));
    named.put("min_p", Float.toString(sampling.minP()));
    named.put("repetition_penalty", Float.toString(sampling.repetitionPenalty()));
    named.put("seed", Long.toString(sampling.seed()));
    named.put("init_scale", Float.toString(initScale));
    named.put("stop", texts(stop));
    named.put("ignore_eos", Boolean.toString(ignoreEos));
    named.put("logprobs", Integer.toString(logProbs));
    Exit exit = thinking.exit();
    named.put("exit", name(exit.rule()));
    named.put("exit_threshold", threshold(exit.rule()));
    named.put("min_steps", Integer.toString(exit.minSteps()));
    named.put("exit_every", Integer.toString(exit.every()));
    named.put("exit_prompt", Boolean.toString(exit.prompt()));
    named.put("kv", thinking.kv().toString());
    named.put("continuous", Boolean.toString(thinking.continuous()));
    named.put("speculate", thinking.speculation().toString());
    return named;
  }

  private static String texts(List<String> texts) {
    ArrayNode array = Json.NODES.arrayNode();
    texts.forEach(array::add);
    return array.toString();
  }

  private static String name(ExitRule rule) {
    return switch (rule) {
      case null -> StatedThinking.NO_EXIT;
      case KnownExit known -> known.kind().id();
      default -> rule.getClass().getName();
    };
  }

  private static String threshold(ExitRule rule) {
    return rule instanceof KnownExit known ? Float.toString(known.threshold()) : "";
  }
}
