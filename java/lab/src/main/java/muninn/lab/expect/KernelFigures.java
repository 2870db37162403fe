package muninn.lab.expect;

import java.util.List;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
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
 * @param plain attention to keys and values that are numbers by themselves
 * @param fp8 the same of bytes that are small floating-point numbers
 * @param int8 and of whole numbers
 * @param row what a page takes more where it is copied row by row
 * @param run splits that a block takes one after another where there are many lanes
 * @param together most heads that it then takes one after another
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
    AttentionFigures plain,
    AttentionFigures fp8,
    AttentionFigures int8,
    double row,
    int run,
    int together) {
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
          new AttentionFigures(333, 56, 322, 323, 18.4),
          new AttentionFigures(320, 56, 280, 352, 58.8),
          new AttentionFigures(318, 56, 280, 347, 83.0),
          31,
          4,
          8);

  double epilogue(Epilogue then) {
    return switch (then) {
      case Epilogue.Store _ -> store;
      case Epilogue.Gate _ -> gate;
      case Epilogue.Add _ -> add;
      case Epilogue.Heads _ -> heads;
    };
  }

  /** Of attention to keys and values in a format. */
  AttentionFigures attention(Format kept) {
    return kept.equals(KvCache.FP8) ? fp8 : kept.equals(KvCache.INT8) ? int8 : plain;
  }

  /** Whether a kernel of ours comes behind the library's. */
  boolean finishes(Epilogue then) {
    return !(then instanceof Epilogue.Store || libraryAdds && then instanceof Epilogue.Add);
  }
}
