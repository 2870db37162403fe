package muninn.model;

import java.util.List;
import java.util.stream.IntStream;
import muninn.kernels.Buffer;
import muninn.kernels.Device;
import muninn.kernels.Weights;

/**
 * A model's weights on a device, by the part they play. Norm weights are {@code [1, d]}.
 *
 * @param embedding {@code [V, d]}, also the head (tied)
 * @param adapter {@code [d, 2d]}
 * @param finalNorm {@code ln_f}, used before and after the coda
 * @param rope {@code [blockSize, D]}, cosine and sine of each pair
 */
public record Parameters(
    Weights embedding,
    List<Block> prelude,
    Weights adapter,
    List<Block> core,
    List<Block> coda,
    Buffer finalNorm,
    Buffer rope) {

  /**
   * One sandwich block.
   *
   * @param qkv {@code [3d, d]}; {@code qkBias} {@code [2, d]}; {@code attnOut} {@code [d, d]}
   * @param gateUp {@code [2I, d]}; {@code mlpOut} {@code [d, I]}
   */
  public record Block(
      Buffer norm1,
      Weights qkv,
      Buffer qkBias,
      Weights attnOut,
      Buffer norm2,
      Buffer norm3,
      Weights gateUp,
      Weights mlpOut,
      Buffer norm4) {}

  /** Takes a model's weights to a device; shapes were checked when it was opened. */
  public static Parameters load(Model model, Device device) {
    Config config = model.config();
    Loader load = new Loader(model, device);
    return new Parameters(
        load.matrix(Layout.EMBEDDING),
        load.blocks(Stage.PRELUDE, config.prelude()),
        load.matrix(Layout.ADAPTER),
        load.blocks(Stage.CORE, config.core()),
        load.blocks(Stage.CODA, config.coda()),
        load.table(Layout.FINAL_NORM),
        Rope.table(device, config));
  }

  private record Loader(Model model, Device device) {

    List<Block> blocks(Stage stage, int count) {
      return IntStream.range(0, count).mapToObj(i -> block(Layout.block(stage, i))).toList();
    }

    private Block block(Layout.Block names) {
      return new Block(
          table(names.norm1()),
          matrix(names.qkv()),
          table(names.qkBias()),
          matrix(names.attnProj()),
          table(names.norm2()),
          table(names.norm3()),
          matrix(names.fc()),
          matrix(names.mlpProj()),
          table(names.norm4()));
    }

    Weights matrix(String name) {
      return model.matrix(name, device);
    }

    Buffer table(String name) {
      return model.table(name, device);
    }
  }
}
