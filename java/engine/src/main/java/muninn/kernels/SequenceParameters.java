package muninn.kernels;

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
    int generatedFrom) {

  /** Without penalties of what was generated. */
  public SequenceParameters(
      long seed,
      float initScale,
      float temperature,
      int topK,
      float topP,
      float minP,
      float repetitionPenalty,
      int logProbs) {
    this(seed, initScale, temperature, topK, topP, minP, repetitionPenalty, logProbs, 0, 0, 0);
  }
}
