package muninn.lab.expect;

import muninn.UserException;
import muninn.kernels.Costs;
import muninn.kernels.Format;
import muninn.kernels.Op;
import muninn.kernels.Op.Source;
import muninn.kernels.Span;
import muninn.kernels.Weights;

/**
 * Products by {@code linear_wgmma.cu}, which a user chooses by {@code --kernels linear=wgmma},
 * whatever the lanes. A block has a multiprocessor to itself and works through steps of 64 columns
 * of tiles of 176 rows and up to 256 lanes, whose operands the copy engine fetches from the L2
 * cache into shared memory; the tensor cores read them there.
 */
final class WarpgroupProducts {
  /** As users choose it. */
  static final String CHOICE = "linear=wgmma";

  private static final int CAPABILITY = 90;
  private static final double MICRO = 1e-6;

  // As in linear_wgmma.cu.
  private static final int LANES = 256; // of a tile
  private static final int HALF = 128; // of which one is left out where nobody is in it
  private static final int GROUP = 64; // lanes for which a warpgroup reads all rows of a step
  private static final int ROWS = 176;
  private static final int DEPTH = 64; // columns of a step
  private static final int LINE = 2 * DEPTH; // bytes
  private static final int STAGES = 4;
  private static final int LEAST_STEPS = 8; // of a block
  private static final int WARPS = 8; // that multiply

  // Instructions of a warp and step: loops of 94 with half a tile, 138 with a whole (sass.txt).
  private static final double STEP = 50;
  private static final double STEP_HALF = 44;

  private static final int WAVEFRONT = 128; // bytes
  private static final double LAUNCH = 1.0 * MICRO;
  private static final double JOIN = 2.5 * MICRO;

  private final Card card;
  private final KernelFigures kernels;

  /**
   * @throws UserException where the card has no such kernels
   */
  WarpgroupProducts(Card card, KernelFigures kernels) {
    if (card.capability() != CAPABILITY) {
      throw UserException.of(
          "kernels %s: the %s has none, they are for compute capability 9.0: choose card h100 or"
              + " h200, or leave kernels away",
          CHOICE, card.title());
    }
    this.card = card;
    this.kernels = kernels;
  }

  /** Codes are not made whole for it. */
  boolean takes(Op.Product op) {
    return op.weights().format() instanceof Format.Plain;
  }

  /** Seconds of reading the weights that are in the stages when the kernel before it ends. */
  double prefetch(Weights weights) {
    double ring = (double) STAGES * ROWS * LINE * card.multiprocessors();
    return Math.min(ring, weights.bytes()) / card.readRate();
  }

  Expected of(Op.Product op, Span span) {
    Weights w = op.weights();
    long tiles = Math.ceilDiv(span.lanes(), LANES); // of lanes
    double halves = Math.ceilDiv(span.lanes(), HALF);
    double lanes = halves * HALF;
    long rowTiles = Math.ceilDiv(w.rows(), ROWS);
    long perTile = Math.ceilDiv(w.columns(), DEPTH);
    double steps = rowTiles * perTile;
    long most = Math.min(rowTiles * perTile / LEAST_STEPS, card.multiprocessors() / tiles);
    double blocks = Math.max(1, most);
    double longest = Math.ceil(steps / blocks);
    double waves = Math.ceil(tiles * blocks / card.multiprocessors());

    Parts parts = new Parts();
    parts.dram = Costs.of(op, span).bytes() / card.readRate();
    double fetched = steps * LINE * (lanes + ROWS * tiles);
    parts.l2 = fetched / card.cacheRate();
    double read = steps * LINE * (lanes + ROWS * lanes / GROUP);
    parts.shared = (fetched + read) / WAVEFRONT / card.wavefrontRate();
    parts.issue = steps * WARPS * (STEP * tiles + STEP_HALF * halves) / card.issueRate();
    parts.tensor = 2.0 * lanes * ROWS * rowTiles * DEPTH * perTile / card.tensorRate();
    double imbalance = longest * waves * card.multiprocessors() / (steps * tiles);

    double sums = 4.0 * ROWS * lanes / tiles; // bytes of a tile's, which one block merges alone
    double merge = kernels.merge() + (blocks / rowTiles + 1) * sums / card.aloneRate();
    double ends = Math.max(1, longest / perTile); // tiles that a block finishes, as all do
    double tail = LAUNCH + merge + ends * sums * card.multiprocessors() / card.cacheRate();
    return join(op, span).then(parts.expected(imbalance, waves * tail));
  }

  /** Operands that do not lie side by side are brought there first. */
  private Expected join(Op.Product op, Span span) {
    if (!(op.in() instanceof Source.Joined)) {
      return Expected.NOTHING;
    }
    Parts parts = new Parts();
    parts.dram = 2.0 * Short.BYTES * span.lanes() * op.weights().columns() / card.readRate();
    return parts.expected(1, JOIN);
  }
}
