package muninn.model;

import java.util.List;
import java.util.stream.IntStream;
import muninn.kernels.Buffer;
import muninn.kernels.Device;
import muninn.kernels.Weights;

/**
 * A checkpoint's weights on a device, by the part they play. Norm weights are {@code [1, d]}.
 *
 * @param embedding {@code [V, d]}, also the head (tied)
 * @param adapter {@code [d, 2d]}
 * @param finalNorm {@code ln_f}, used before and after the coda
 * @param rope {@code [blockSize, D]}, cosine and sine of each pair
 */
record Parameters(
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
  record Block(
      Buffer norm1,
      Weights qkv,
      Buffer qkBias,
      Weights attnOut,
      Buffer norm2,
      Buffer norm3,
      Weights gateUp,
      Weights mlpOut,
      Buffer norm4) {}

  static Parameters load(Checkpoint checkpoint, Device device) {
    Config c = checkpoint.config();
    Loader load = new Loader(checkpoint, device);
    return new Parameters(
        load.matrix("transformer.wte.weight", c.vocabulary(), c.width()),
        load.blocks("transformer.prelude", c.prelude()),
        load.matrix("transformer.adapter.weight", c.width(), 2 * c.width()),
        load.blocks("transformer.core_block", c.core()),
        load.blocks("transformer.coda", c.coda()),
        load.table("transformer.ln_f.weight", 1, c.width()),
        Rope.table(device, c));
  }

  private record Loader(Checkpoint checkpoint, Device device) {
    Weights matrix(String name, int rows, int columns) {
      Tensor tensor = checkpoint.tensor(name);
      return device.weights(tensor.dtype(), rows, columns, tensor.data());
    }

    Buffer table(String name, int rows, int columns) {
      Tensor tensor = checkpoint.tensor(name);
      return device.table(tensor.dtype(), rows, columns, tensor.data());
    }

    List<Block> blocks(String stage, int count) {
      return IntStream.range(0, count).mapToObj(i -> block(stage + "." + i + ".")).toList();
    }

    private Block block(String prefix) {
      Config c = checkpoint.config();
      int d = c.width();
      return new Block(
          table(prefix + "norm_1.weight", 1, d),
          matrix(prefix + "attn.Wqkv.weight", 3 * d, d),
          table(prefix + "attn.qk_bias", 2, d),
          matrix(prefix + "attn.proj.weight", d, d),
          table(prefix + "norm_2.weight", 1, d),
          table(prefix + "norm_3.weight", 1, d),
          matrix(prefix + "mlp.fc.weight", 2 * c.ffn(), d),
          matrix(prefix + "mlp.proj.weight", d, c.ffn()),
          table(prefix + "norm_4.weight", 1, d));
    }
  }
}
