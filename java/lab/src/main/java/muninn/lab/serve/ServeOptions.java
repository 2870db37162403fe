package muninn.lab.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.util.List;
import java.util.Map;

/**
 * What a {@link ServeBench} asks of a server.
 *
 * @param url where it is, without {@code /v1}
 * @param key that it wants; empty for none
 * @param model its name there; empty for the first that the server names
 * @param requests how many are put
 * @param rate requests a second on average; infinite: all at once
 * @param burstiness how the times between two are spread: of a gamma distribution of this shape, so
 *     1 is a Poisson process, less comes in bursts, more in step
 * @param concurrency most requests in flight; 0 for no limit
 * @param inputTokens of each prompt
 * @param outputTokens of each answer
 * @param vocabulary made-up prompts have token ids below it
 * @param seed of prompts and times
 * @param warmUps requests before those that count
 * @param endOfText whether answers may end before all their tokens are there
 * @param extra further fields of each request
 * @param percentiles to tell, from 0 to 100
 * @param goals milliseconds within which a good answer has {@code ttft}, {@code tpot}, {@code e2el}
 */
public record ServeOptions(
    URI url,
    String key,
    String model,
    int requests,
    double rate,
    double burstiness,
    int concurrency,
    int inputTokens,
    int outputTokens,
    int vocabulary,
    long seed,
    int warmUps,
    boolean endOfText,
    ObjectNode extra,
    List<Double> percentiles,
    Map<Wait, Double> goals) {

  /** Ids below are often those of special tokens, which may end a text. */
  public static final int FIRST_TOKEN = 3;

  public ServeOptions {
    percentiles = List.copyOf(percentiles);
    goals = Map.copyOf(goals);
  }
}
