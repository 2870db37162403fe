package muninn.batch;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import muninn.engine.Request;
import muninn.engine.Sampling;

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
    int logProbs) {

  /** The request that continues {@code prompt} with these options. */
  public Request request(int[] prompt) {
    return new Request(prompt, steps, maxTokens, sampling, initScale, stop, ignoreEos, logProbs);
  }

  public JobOptions withSteps(int steps) {
    return new JobOptions(steps, maxTokens, sampling, initScale, stop, ignoreEos, logProbs);
  }

  public JobOptions withSampling(Sampling sampling) {
    return new JobOptions(steps, maxTokens, sampling, initScale, stop, ignoreEos, logProbs);
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
    named.put("stop", Json.text(stop));
    named.put("ignore_eos", Boolean.toString(ignoreEos));
    named.put("logprobs", Integer.toString(logProbs));
    return named;
  }
}
