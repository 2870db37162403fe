package muninn.kernels.cuda;

import java.util.List;
import muninn.kernels.Format;

/**
 * A kernel for linear products: a row of the table of all that do the same. What a lane's product
 * is does not depend on which is taken.
 *
 * @param weights it multiplies by
 * @param lanes of a tile; more lanes take several
 * @param toLanes up to which it is taken
 * @param leastCapability of GPUs that can run it, such as 80
 */
record Tile(Format weights, int lanes, int toLanes, int leastCapability) {
  private static final int ANY = Integer.MAX_VALUE;

  /** By format, and then by lanes. A kernel that is new to the table needs nothing else here. */
  private static final List<Tile> ALL =
      List.of(
          new Tile(Format.BF16, 8, 8, 80),
          new Tile(Format.BF16, 16, 16, 80),
          new Tile(Format.BF16, 32, 32, 80),
          new Tile(Format.BF16, 64, ANY, 80),
          new Tile(Format.F32, 1, 1, 0),
          new Tile(Format.F32, 8, 8, 0),
          new Tile(Format.F32, 64, ANY, 0));

  /** Those for weights of a format on a GPU. */
  static List<Tile> of(Format weights, int capability) {
    return ALL.stream()
        .filter(tile -> tile.weights.equals(weights) && tile.leastCapability <= capability)
        .toList();
  }

  /** As users choose it. */
  String label() {
    return "n" + lanes;
  }
}
