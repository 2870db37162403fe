package muninn.kernels.cuda;

import java.util.List;
import java.util.stream.Stream;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.WeightFormats;

/**
 * A kernel for linear products: a row of the table of all that do the same. What a lane's product
 * is does not depend on which is taken.
 *
 * @param weights it multiplies by; of codes, whatever shares a scale
 * @param operands it multiplies
 * @param lanes of a tile; more lanes take several
 * @param toLanes up to which it is taken
 * @param leastCapability of GPUs that can run it, such as 80
 */
record Tile(Format weights, DType operands, int lanes, int toLanes, int leastCapability) {
  private static final int ANY = Integer.MAX_VALUE;

  private static final List<Format> CODES =
      List.of(WeightFormats.INT8, WeightFormats.INT4, WeightFormats.FP8);

  /** By format, and then by lanes. A kernel that is new to the table needs nothing else here. */
  private static final List<Tile> ALL =
      Stream.concat(Stream.of(Format.BF16, Format.F32), CODES.stream())
          .flatMap(
              weights ->
                  Stream.of(
                      new Tile(weights, DType.BF16, 8, 8, 80),
                      new Tile(weights, DType.BF16, 16, 16, 80),
                      new Tile(weights, DType.BF16, 32, 32, 80),
                      new Tile(weights, DType.BF16, 64, ANY, 80),
                      new Tile(weights, DType.F32, 1, 1, 0),
                      new Tile(weights, DType.F32, 8, 8, 0),
                      new Tile(weights, DType.F32, 64, ANY, 0)))
          .filter(
              tile -> !(tile.weights instanceof Format.Plain(DType type)) || type == tile.operands)
          .toList();

  /** Those for weights of a format and operands of a type on a GPU. */
  static List<Tile> of(Format weights, DType operands, int capability) {
    Format kind = weights instanceof Format.Coded coded ? coded.encoding().usual() : weights;
    return ALL.stream()
        .filter(tile -> tile.weights.equals(kind) && tile.operands == operands)
        .filter(tile -> tile.leastCapability <= capability)
        .toList();
  }

  /** As users choose it. */
  String label() {
    return "n" + lanes;
  }

  /** What the names of its kernels end in, behind the operation. */
  String suffix() {
    String format = CudaWeights.suffix(weights);
    boolean parity = weights instanceof Format.Coded && operands == DType.F32;
    return "_" + lanes + format + (parity ? "_f32" : "");
  }
}
