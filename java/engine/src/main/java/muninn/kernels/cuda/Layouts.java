package muninn.kernels.cuda;

import muninn.kernels.KvCache;
import muninn.kernels.SequenceParameters;

/** The structs and constants that both sides of the device know ({@code tables.cuh}). */
final class Layouts {
  private Layouts() {}

  /**
   * Holds ours against those of the loaded kernels.
   *
   * @throws muninn.UserException when they are of another build
   */
  static void check(Abi tables) {
    tables.check(
        CudaLanes.LAYOUT,
        CudaSequences.LAYOUT,
        CudaSequences.PARAMETERS,
        CudaSequences.BIAS,
        CudaKvCache.LAYOUT,
        CudaWeights.LAYOUT,
        CudaWeights.CODED,
        Kernels.SLOT);
    tables.check("TILE", CudaLanes.TILE);
    tables.check("PAGE", KvCache.PAGE);
    tables.check("SPLIT", CudaLanes.SPLIT);
    tables.check("LONG", CudaLanes.LONG);
    tables.check("MOST_BIASES", SequenceParameters.MOST_BIASES);
    tables.check("LANE_HEADER", CudaLanes.HEADER);
    tables.check("LANE_COLUMNS", CudaLanes.COLUMNS);
  }
}
