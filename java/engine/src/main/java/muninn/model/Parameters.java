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
    Layout layout = model.layout();
    Loader load = new Loader(model, device);
    return new Parameters(
        load.matrix(layout.embedding()),
        load.blocks(Stage.PRELUDE),
        load.matrix(layout.adapter()),
        load.blocks(Stage.CORE),
        load.blocks(Stage.CODA),
        load.table(layout.finalNorm()),
        config.rope().table(device, config.blockSize(), config.headWidth()));
  }

  private record Loader(Model model, Device device) {

    List<Block> blocks(Stage stage) {
      return IntStream.range(0, stage.blocks(model.config()))
          .mapToObj(i -> block(model.layout().block(stage, i)))
          .toList();
    }

    private Block block(Layout.Block block) {
      return new Block(
          table(block.attention().before()),
          matrix(block.queryKeyValue()),
          table(block.queryKeyBias()),
          matrix(block.attentionOut()),
          table(block.attention().onSum()),
          table(block.mlp().before()),
          matrix(block.gateUp()),
          matrix(block.mlpOut()),
          table(block.mlp().onSum()));
    }

    Weights matrix(Layout.Weight weight) {
      return model.matrix(weight, device);
    }

    Buffer table(Layout.Weight weight) {
      return model.table(weight, device);
    }
  }
}
