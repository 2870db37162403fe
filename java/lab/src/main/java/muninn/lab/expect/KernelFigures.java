package muninn.lab.expect;

import java.util.List;
import muninn.kernels.Op.Epilogue;

/**
 * What the timing model must know of our kernels' code. A change of a kernel is a change here, from
 * its counted instructions, so that the model says what it brings.
 *
 * @param instructions of a warp for 1024 bytes of weights, of tiles of 8, 16, 32 and 64 lanes
 * @param merge seconds of partial sums on their way out, fence and counter
 * @param store seconds of an epilogue for eight lanes: of loads that wait for one another
 * @param gate the same where two halves are multiplied
 * @param add where a residual is added
 * @param heads where keys and values are put down
 * @param libraryLanes that the library multiplies at a time
 * @param productBytes of an element between the library and the kernel that finishes it
 * @param libraryAdds whether the library adds a residual itself
 * @param firstSplit instructions of a warp of attention for the first 128 positions of a block and
 *     all around them, head of 96
 * @param nextSplit those of each further split
 * @param firstByRows the same as the first where pages are copied row by row
 * @param nextByRows and as each further one
 * @param run splits that a block takes one after another where there are many lanes
 */
record KernelFigures(
    List<Double> instructions,
    double merge,
    double store,
    double gate,
    double add,
    double heads,
    int libraryLanes,
    int productBytes,
    boolean libraryAdds,
    double firstSplit,
    double nextSplit,
    double firstByRows,
    double nextByRows,
    int run) {
  private static final double MICRO = 1e-6;

  /**
   * Of this version. Instructions: those between the head of a product's loop and its last group of
   * copies, 280, 328, 430 and 450 for 8, 6, 6 and 4 KB (docs/measurements.md). Fence and counter by
   * one thread, and loads of an epilogue that go ahead, are assumptions from the review of the
   * first kernels.
   */
  static final KernelFigures NOW =
      new KernelFigures(
          List.of(35.0, 54.7, 71.7, 112.5),
          1.0 * MICRO,
          0.10 * MICRO,
          0.12 * MICRO,
          0.15 * MICRO,
          0.30 * MICRO,
          2048,
          Short.BYTES,
          true,
          1320,
          590,
          1740,
          840,
          4);

  double epilogue(Epilogue then) {
    return switch (then) {
      case Epilogue.Store _ -> store;
      case Epilogue.Gate _ -> gate;
      case Epilogue.Add _ -> add;
      case Epilogue.Heads _ -> heads;
    };
  }

  /** Whether a kernel of ours comes behind the library's. */
  boolean finishes(Epilogue then) {
    return !(then instanceof Epilogue.Store || libraryAdds && then instanceof Epilogue.Add);
  }
}
