package muninn.lab.expect;

import java.util.List;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.Op.Epilogue;

/**
 * What the timing model must know of our kernels' code. A change of a kernel is a change here, from
 * its counted instructions, so that the model says what it brings.
 *
 * @param products of bfloat16 weights
 * @param int8Products of codes, likewise the next two
 * @param between seconds from the end of a recorded program to the start of the next one
 * @param merge seconds of partial sums on their way out, fence and counter
 * @param store seconds of an epilogue for eight lanes: of loads that wait for one another
 * @param gate the same where two halves are multiplied
 * @param add where a residual is added
 * @param heads where keys and values are put down
 * @param libraryLanes that the library multiplies at a time
 * @param productBytes of an element between the library and the kernel that finishes it
 * @param libraryAdds whether the library adds a residual itself
 * @param attention to keys and values that are numbers by themselves
 * @param fp8Attention the same of bytes that are small floating-point numbers
 * @param int8Attention and of whole numbers
 * @param row what a page takes more where it is copied row by row
 * @param run splits that a block takes one after another where there are many lanes
 * @param together most heads that it then takes one after another
 */
record KernelFigures(
    Products products,
    Products int8Products,
    Products int4Products,
    Products fp8Products,
    double between,
    double merge,
    double store,
    double gate,
    double add,
    double heads,
    int libraryLanes,
    int productBytes,
    boolean libraryAdds,
    AttentionFigures attention,
    AttentionFigures fp8Attention,
    AttentionFigures int8Attention,
    double row,
    int run,
    int together) {
  private static final double MICRO = 1e-6;

  /**
   * What a product's loop takes, of tiles of 8, 16, 32 and 64 lanes.
   *
   * @param instructions of a warp for 1024 bytes of weights as bfloat16, which all are made: what
   *     it goes through for a chunk, over the chunk's steps
   * @param wavefronts of shared memory for the same, of weights and what belongs to them, as the
   *     emulated device counts them (docs/counters.md)
   * @param steps of 32 columns that are in shared memory or on their way there
   * @param sharedBytes of a block
   */
  record Products(
      List<Double> instructions,
      List<Double> wavefronts,
      List<Integer> steps,
      List<Integer> sharedBytes) {}

  /**
   * Of this version. Instructions: those that a warp with work to stage goes through in the loop of
   * {@code linear_add} on sm_90 for a chunk, 320, 298, 343 and 349 for 8, 6, 6 and 4 steps; of
   * codes with what 1 to 4 % of odd steps take (docs/measurements.md). Fence and counter by one
   * thread, and loads of an epilogue that go ahead, are assumptions from the review of the first
   * kernels; so are the 9 µs between two programs with a copy of the lane table between them, of
   * which the end of a graph, an event and the start of the next are taken to be 4.
   */
  static final KernelFigures NOW =
      new KernelFigures(
          new Products(
              List.of(40.0, 49.7, 57.2, 87.3),
              List.of(16.0, 16.0, 16.0, 16.0),
              List.of(8, 6, 6, 4),
              List.of(73_728, 61_440, 78_848, 78_848)),
          new Products(
              List.of(84.0, 87.0, 94.0, 149.0),
              List.of(9.4, 9.4, 9.3, 10.4),
              List.of(12, 8, 8, 4),
              List.of(67_584, 53_248, 78_848, 78_848)),
          new Products(
              List.of(74.0, 76.0, 92.0, 150.0),
              List.of(5.8, 5.7, 6.0, 8.0),
              List.of(24, 16, 8, 4),
              List.of(81_408, 70_656, 78_848, 78_848)),
          new Products(
              List.of(110.0, 113.0, 120.0, 172.0),
              List.of(9.4, 9.4, 9.3, 10.4),
              List.of(12, 8, 8, 4),
              List.of(67_584, 53_248, 78_848, 78_848)),
          4.0 * MICRO,
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

  /** Of products of weights in a format. */
  Products products(Format format) {
    return switch (format) {
      case Format.Coded coded ->
          switch (coded.encoding()) {
            case INT8 -> int8Products;
            case INT4 -> int4Products;
            case FP8 -> fp8Products;
          };
      case Format.Plain _, Format.Scaled _ -> products;
    };
  }

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
    return kept.equals(KvCache.FP8)
        ? fp8Attention
        : kept.equals(KvCache.INT8) ? int8Attention : attention;
  }

  /** Whether a kernel of ours comes behind the library's. */
  boolean finishes(Epilogue then) {
    return !(then instanceof Epilogue.Store || libraryAdds && then instanceof Epilogue.Add);
  }
}
