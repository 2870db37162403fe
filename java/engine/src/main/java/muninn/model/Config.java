package muninn.model;

/**
 * The shape of a recurrent-depth model, as {@code config.json} states it; defaults as the published code
 * has them.
 *
 * @param modelType {@code huginn_raven}
 * @param width d, {@code n_embd}
 * @param heads H, {@code n_heads}
 * @param headWidth D = d/H
 * @param ffn I, {@code intermediate_size}
 * @param vocabulary V, rows of the embedding ({@code padded_vocab_size} where given)
 * @param blockSize most positions of a sequence
 * @param prelude P blocks, {@code coda} Q blocks, {@code core} C blocks
 * @param meanRecurrence r, the trained depth: the default for {@code steps}
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
    float ropeBase) {}
