package muninn.lab.trace;

import muninn.engine.request.Options;
import muninn.engine.request.Request;

/**
 * What is watched.
 *
 * @param prompt token ids
 * @param steps recurrence steps of every position; the last is the deepest
 * @param newTokens most tokens of the answer, greedily; all but its last are positions too
 * @param initScale scale of the states that thinking starts from
 * @param seed of the first of them
 * @param starts how many states thinking starts from, each with a seed of its own
 */
public record TraceOptions(
    int[] prompt, int steps, int newTokens, float initScale, long seed, int starts) {

  Request request(int start) {
    return new Request(
        prompt,
        Options.DEFAULT
            .withSteps(steps)
            .withMaxTokens(newTokens)
            .withSeed(seed(start))
            .withInitScale(initScale));
  }

  long seed(int start) {
    return seed + start;
  }
}
