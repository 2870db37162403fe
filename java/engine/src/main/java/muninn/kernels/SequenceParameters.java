package muninn.kernels;

import java.util.Map;

/**
 * What a device must know of a sequence to start its latents and to draw its tokens.
 *
 * @param seed keys the noise
 * @param initScale scale of the random initial latents; 0 starts from zero
 * @param temperature 0 is greedy
 * @param topK 0 keeps all
 * @param topP 1 keeps all
 * @param minP 0 keeps all
 * @param repetitionPenalty 1 is none
 * @param logProbs how many alternatives to report; 0 only the token drawn; -1 nothing
 * @param presencePenalty taken off the logit of a token that was generated; 0 is none
 * @param frequencyPenalty taken off once for each time it was; 0 is none
 * @param generatedFrom the first position whose token was generated
 * @param logitBias added to the logits of these tokens before anything else, at most {@link
 *     #MOST_BIASES} of them
 */
public record SequenceParameters(
    long seed,
    float initScale,
    float temperature,
    int topK,
    float topP,
    float minP,
    float repetitionPenalty,
    int logProbs,
    float presencePenalty,
    float frequencyPenalty,
    int generatedFrom,
    Map<Integer, Float> logitBias) {

  /** Biases that a device has room for in a sequence. */
  public static final int MOST_BIASES = 1024;

  /** Without biases and penalties of what was generated. */
  public SequenceParameters(
      long seed,
      float initScale,
      float temperature,
      int topK,
      float topP,
      float minP,
      float repetitionPenalty,
      int logProbs) {
    this(
        seed,
        initScale,
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        logProbs,
        0,
        0,
        0,
        Map.of());
  }
}
