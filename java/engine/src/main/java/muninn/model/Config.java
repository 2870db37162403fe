package muninn.model;

import java.nio.file.Path;

/**
 * The numbers of a recurrent-depth model, as {@code config.json} states them; what kind of model
 * they are about says {@link Architecture}. A value of this class is consistent in itself: {@code
 * headWidth} is even, {@code heads} a multiple of {@code kvHeads}, every count but those of prelude
 * and coda at least 1.
 *
 * @param modelType {@code model_type}, as {@code huginn_raven}
 * @param width d, of the residual stream
 * @param heads H, of queries
 * @param kvHeads heads of keys and values, each of which serves {@code heads / kvHeads} of queries
 * @param headWidth D; {@code heads · headWidth} need not be d
 * @param ffn I, of the MLP
 * @param vocabulary V, rows of the embedding
 * @param blockSize most positions of a sequence
 * @param prelude P, blocks that a position passes once before it thinks
 * @param core C, blocks of a recurrence step
 * @param coda Q, blocks that a position passes when it speaks
 * @param meanRecurrence r, the trained depth: the default for {@code steps}
 * @param normEps added to the mean of squares in every RMSNorm
 * @param embeddingScale what embeddings, and random first states, are multiplied by
 * @param stateDeviation σ of random first states before that; 0 where they are not random
 * @param rope the angles that queries and keys are turned by
 */
public record Config(
    String modelType,
    int width,
    int heads,
    int kvHeads,
    int headWidth,
    int ffn,
    int vocabulary,
    int blockSize,
    int prelude,
    int core,
    int coda,
    int meanRecurrence,
    float normEps,
    float embeddingScale,
    float stateDeviation,
    Rope rope) {

  /** A shape of Huginn's kind, with the numbers that its published code derives from these. */
  public static Config huginn(
      int width,
      int heads,
      int ffn,
      int vocabulary,
      int blockSize,
      int prelude,
      int core,
      int coda,
      int meanRecurrence) {
    return new Config(
        "huginn_raven",
        width,
        heads,
        heads,
        width / heads,
        ffn,
        vocabulary,
        blockSize,
        prelude,
        core,
        coda,
        meanRecurrence,
        1e-6f,
        (float) Math.sqrt(width),
        takase(width),
        Rope.of(50_000f));
  }

  /**
   * {@code sqrt(2/(5d))}, the standard deviation of first weights and states of a model of this
   * width (Takase et al. 2023, "Spike No More").
   */
  static float takase(int width) {
    return (float) Math.sqrt(2.0 / (5.0 * width));
  }

  /**
   * Reads and checks a {@code config.json}.
   *
   * @throws muninn.UserException naming file, field, what was found and wanted, and the remedy
   */
  public static Config read(Path file) {
    return ConfigReader.read(file).config();
  }

  /** H·D: what the queries of all heads take, and what attention gives. */
  public int queryWidth() {
    return heads * headWidth;
  }

  /** What the keys, or the values, of a position take in one block. */
  public int kvWidth() {
    return kvHeads * headWidth;
  }
}
