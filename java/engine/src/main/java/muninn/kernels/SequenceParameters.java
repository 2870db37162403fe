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
 */
public record SequenceParameters(
    long seed,
    float initScale,
    float temperature,
    int topK,
    float topP,
    float minP,
    float repetitionPenalty,
    int logProbs) {}
