package muninn.model;

import java.nio.file.Path;

/**
 * The shape of a recurrent-depth model, as {@code config.json} states it; defaults as the published
 * code has them. A value of this class is consistent in itself: {@code width = heads · headWidth},
 * {@code headWidth} even, every count at least 1.
 *
 * @param modelType {@code huginn_raven}
 * @param width d, {@code n_embd}
 * @param heads H, {@code n_heads}
 * @param headWidth D = d/H
 * @param ffn I, {@code intermediate_size}
 * @param vocabulary V, rows of the embedding ({@code padded_vocab_size} where given)
 * @param blockSize most positions of a sequence
 * @param prelude P blocks, {@code n_layers_in_prelude}
 * @param core C blocks, {@code n_layers_in_recurrent_block}
 * @param coda Q blocks, {@code n_layers_in_coda}
 * @param meanRecurrence r, the trained depth: the default for {@code steps}
 * @param normEps added to the mean of squares in every RMSNorm
 * @param ropeBase base of the rotary angles {@code pos · base^(-2i/D)}
 */
public record Config(
    String modelType,
    int width,
    int heads,
    int headWidth,
    int ffn,
    int vocabulary,
    int blockSize,
    int prelude,
    int core,
    int coda,
    int meanRecurrence,
    float normEps,
    float ropeBase) {

  /**
   * Reads and checks a {@code config.json}.
   *
   * @throws muninn.UserException naming file, field, what was found and wanted, and the remedy
   */
  public static Config read(Path file) {
    return ConfigReader.read(file);
  }
}
