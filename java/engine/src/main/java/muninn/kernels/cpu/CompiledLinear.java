package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Products of weights that a library multiplies, {@link CpuLibrary}: the same sums as {@link
 * Linear}'s, to the bit. A thread hands it some panels with some lanes at a time.
 */
final class CompiledLinear {
  // Lanes whose activations stay in the second-level cache while the rows of a part pass; tiles are
  // of twelve.
  private static final int BLOCK_BYTES = 768 << 10;
  private static final int TILE_LANES = 24; // at least

  // A call takes some tens of nanoseconds; while it lasts, nothing in the process can stop its
  // thread.
  private static final long CALL_PRODUCTS = 1 << 22;

  // Panels whose products go through a table on their way: 16 KB of it with 16 lanes.
  private static final int MOST_TOGETHER = 8;

  private CompiledLinear() {}

  /**
   * All products of a weight matrix with the first n lanes of x, tile by tile, in parallel.
   *
   * @param x {@code [n, step]} numbers or words, as it takes them
   */
  static void multiply(
      Workers workers,
      CompiledPanel compiled,
      CpuWeights w,
      MemorySegment x,
      int step,
      int n,
      Linear.Epilogue epilogue) {
    int together = Math.min(MOST_TOGETHER, callPanels(blockLanes(step, n), w.columns()));
    int width = together * Linear.PANEL;
    all(
        workers,
        w,
        x,
        step,
        n,
        () -> {
          float[] products = new float[blockLanes(step, n) * width];
          CpuLibrary.Out out =
              new CpuLibrary.Out(MemorySegment.ofArray(products), MemorySegment.NULL, 0, width);
          return (panel, end, operands, lane, lanes) -> {
            int rows = w.rowsOf(panel, end);
            compiled.multiply(w.panel(panel), w.columns(), operands, step, lanes, rows, out);
            epilogue.tile(panel * Linear.PANEL, rows, lane, lanes, products, width);
          };
        },
        together);
  }

  /**
   * Products of weights that a library multiplies, written to the first n rows of a table where
   * they belong.
   *
   * @param residual what is added to them, if anything is
   */
  static void put(
      Workers workers,
      CompiledPanel compiled,
      CpuWeights w,
      MemorySegment x,
      int step,
      int n,
      CpuBuffer out,
      Optional<CpuBuffer> residual) {
    all(
        workers,
        w,
        x,
        step,
        n,
        () ->
            (panel, end, operands, lane, lanes) ->
                compiled.multiply(
                    w.panel(panel),
                    w.columns(),
                    operands,
                    step,
                    lanes,
                    w.rowsOf(panel, end),
                    CpuLibrary.Out.of(out, residual, lane, panel * Linear.PANEL)),
        callPanels(blockLanes(step, n), w.columns()));
  }

  /**
   * What a library does with some panels that lie one behind the other, and some lanes' operands.
   */
  private interface Block {
    void run(int panel, int end, MemorySegment operands, int lane, int lanes);
  }

  /**
   * All panels with all lanes, by blocks of one thread.
   *
   * @param together panels of a block at most
   */
  private static void all(
      Workers workers,
      CpuWeights w,
      MemorySegment x,
      int step,
      int n,
      Supplier<Block> ofThread,
      int together) {
    int some = blockLanes(step, n);
    Linear.split(
        workers,
        w.panels(),
        (long) n * w.columns() * Linear.PANEL / 2, // of float32's
        (from, to) -> {
          Block block = ofThread.get();
          for (int lane = 0; lane < n; lane += some) {
            MemorySegment operands = x.asSlice((long) lane * step * Integer.BYTES);
            for (int panel = from, end; panel < to; panel = end) {
              end = w.endOfRun(panel, Math.min(to, panel + together));
              block.run(panel, end, operands, lane, Math.min(some, n - lane));
            }
          }
        });
  }

  /** Panels that one call multiplies. */
  private static int callPanels(int lanes, int columns) {
    return (int) Math.max(1, CALL_PRODUCTS / (Math.max(1L, lanes) * columns * Linear.PANEL));
  }

  /** Lanes whose operands stay in a cache, whole tiles of them; of n lanes n if these are fewer. */
  private static int blockLanes(int step, int n) {
    int most = (int) Math.min(n, BLOCK_BYTES / ((long) step * Integer.BYTES));
    return Math.min(n, Math.max(TILE_LANES, most / TILE_LANES * TILE_LANES));
  }
}
