package muninn.engine.request;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import muninn.kernels.SequenceParameters;

/**
 * How a token is drawn from the logits of its position. The order is vLLM's: biases, repetition,
 * frequency and presence penalties, temperature, top-k, top-p, min-p, then the arg-max of {@code
 * logit/T + gumbel} over what survived; the noise depends on (seed, position, token) only, so a
 * request draws the same tokens in any batch.
 *
 * @param temperature 0 is greedy; otherwise divides the logits
 * @param topK keep the k largest; 0 keeps all
 * @param topP keep the smallest set with at least this probability; 1 keeps all
 * @param minP drop tokens below this fraction of the most probable one; 0 keeps all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens already in the
 *     sequence, prompt included (Keskar et al. 2019); 1 is none
 * @param presencePenalty taken off the logit of every token that was generated (OpenAI); 0 is none
 * @param frequencyPenalty taken off once for each time that a token was generated; 0 is none
 * @param logitBias added to the logits of these tokens before all else (OpenAI), at most {@value
 *     SequenceParameters#MOST_BIASES} of them
 * @param seed keys the noise of the draws and of the initial latent states
 */
public record Sampling(
    float temperature,
    int topK,
    float topP,
    float minP,
    float repetitionPenalty,
    float presencePenalty,
    float frequencyPenalty,
    Map<Integer, Float> logitBias,
    long seed) {

  /** Greedy decoding with seed 0. */
  public static final Sampling GREEDY = new Sampling(0f, 0, 1f, 0f, 1f, 0f, 0f, Map.of(), 0L);

  public Sampling {
    logitBias = Collections.unmodifiableMap(new TreeMap<>(logitBias)); // told in one order
  }

  public Sampling withTemperature(float temperature) {
    return with(copy -> copy.temperature = temperature);
  }

  public Sampling withTopK(int topK) {
    return with(copy -> copy.topK = topK);
  }

  public Sampling withTopP(float topP) {
    return with(copy -> copy.topP = topP);
  }

  public Sampling withMinP(float minP) {
    return with(copy -> copy.minP = minP);
  }

  public Sampling withRepetitionPenalty(float repetitionPenalty) {
    return with(copy -> copy.repetitionPenalty = repetitionPenalty);
  }

  public Sampling withPresencePenalty(float presencePenalty) {
    return with(copy -> copy.presencePenalty = presencePenalty);
  }

  public Sampling withFrequencyPenalty(float frequencyPenalty) {
    return with(copy -> copy.frequencyPenalty = frequencyPenalty);
  }

  public Sampling withLogitBias(Map<Integer, Float> logitBias) {
    return with(copy -> copy.logitBias = logitBias);
  }

  public Sampling withSeed(long seed) {
    return with(copy -> copy.seed = seed);
  }

  /** What the device is told of a sequence; the last three are not about drawing. */
  public SequenceParameters told(float initScale, int logProbs, int generatedFrom) {
    return new SequenceParameters(
        seed,
        initScale,
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        logProbs,
        presencePenalty,
        frequencyPenalty,
        generatedFrom,
        logitBias);
  }

  private Sampling with(Consumer<Copy> change) {
    Copy copy = new Copy(this);
    change.accept(copy);
    return copy.done();
  }

  /**
   * The same while a part of it is set: the one place, beside the record itself, that lists all.
   */
  private static final class Copy {
    private float temperature;
    private int topK;
    private float topP;
    private float minP;
    private float repetitionPenalty;
    private float presencePenalty;
    private float frequencyPenalty;
    private Map<Integer, Float> logitBias;
    private long seed;

    Copy(Sampling from) {
      temperature = from.temperature;
      topK = from.topK;
      topP = from.topP;
      minP = from.minP;
      repetitionPenalty = from.repetitionPenalty;
      presencePenalty = from.presencePenalty;
      frequencyPenalty = from.frequencyPenalty;
      logitBias = from.logitBias;
      seed = from.seed;
    }

    Sampling done() {
      return new Sampling(
          temperature,
          topK,
          topP,
          minP,
          repetitionPenalty,
          presencePenalty,
          frequencyPenalty,
          logitBias,
          seed);
    }
  }
}
