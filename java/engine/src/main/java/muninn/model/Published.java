package muninn.model;

import java.util.function.Function;

/**
 * A model that was published, as a shape that anybody may fill with numbers of their own.
 *
 * @param sizes as published
 * @param config the config of that family for such sizes, these or others
 * @param beginning what its weights are before training
 */
record Published(
    Architecture architecture,
    Sizes sizes,
    Function<Published.Sizes, Config> config,
    Initialisation beginning) {

  /** The numbers of a {@link Config} that may be chosen freely. */
  record Sizes(
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
      int steps) {

    /** Everything else given. */
    Config config(
        String modelType, float normEps, float embeddingScale, float stateDeviation, Rope rope) {
      return new Config(
          modelType,
          width,
          heads,
          kvHeads,
          headWidth,
          ffn,
          vocabulary,
          blockSize,
          prelude,
          core,
          coda,
          steps,
          normEps,
          embeddingScale,
          stateDeviation,
          rope);
    }
  }
}
