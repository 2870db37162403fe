package muninn.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of weights with lanes, each weight loaded once for four lanes. Every product is one
 * chain of fused multiply-adds over the columns in order, or one for each group of columns that
 * share a scale, whatever tile it falls into and however wide the machine's vectors are: a lane's
 * result depends neither on the other lanes nor on the number of threads.
 *
 * <p>It is also the order of common matrix libraries, which matters: a latent that has not settled
 * magnifies the last bit. With 16 interleaved partial sums instead, one golden case (raven-nano, 7
 * tokens, 16 steps) is 8e-4 off on a logit, against 2e-4 in this order.
 */
final class Linear {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final int WIDTH = FLOATS.length();

  /** Rows of a panel: two vectors. */
  static final int PANEL = 2 * WIDTH;

  /**
   * Lanes of a tile: with two vectors of rows, 8 accumulators, enough to keep two FMA units busy.
   */
  static final int LANES = 4;

  // Lanes whose activations stay in the second-level cache while the rows of a part pass: 32
  // lanes of Huginn's d = 5280 are 676 KB.
  private static final int LANE_BLOCK = 32;

  // Less work than this is not worth waking a thread for: 2^17 products take about 10 µs.
  private static final long PART_PRODUCTS = 1 << 17;

  // Parts of an operation for each thread, where there is work enough.
  private static final int PARTS = 4;

  private Linear() {}

  /**
   * Receives the products of a tile: row {@code row + r} with lane {@code lane + m} at {@code m ·
   * step + r}.
   */
  interface Epilogue {
    void tile(int row, int rows, int lane, int lanes, float[] products, int step);
  }

  /** All products of a weight matrix with the first n lanes of x, tile by tile, in parallel. */
  static void multiply(Workers workers, CpuWeights w, CpuBuffer x, int n, Epilogue epilogue) {
    boolean plain = workers.plain((long) n * w.rows() * w.columns());
    split(
        workers,
        w.panels(),
        (long) n * w.columns() * PANEL,
        (from, to) -> {
          switch (w.panel) {
            case NumberPanel panel -> multiply(panel, w, from, to, x, n, plain, epilogue);
            case CodedPanel panel -> multiply(panel, w, from, to, x, n, plain, epilogue);
            case Bf16PairPanel _, CompiledPanel _ ->
                throw new IllegalArgumentException("a library multiplies these");
          }
        });
  }

  /** Some panels of numbers with all lanes. */
  private static void multiply(
      NumberPanel numbers,
      CpuWeights w,
      int from,
      int to,
      CpuBuffer x,
      int n,
      boolean plain,
      Epilogue epilogue) {
    float[] products = new float[LANES * PANEL];
    float[] unpacked = plain ? new float[w.columns() * PANEL] : null;
    for (int block = 0; block < n; block += LANE_BLOCK) {
      int end = Math.min(n, block + LANE_BLOCK);
      for (int panel = from; panel < to; panel++) {
        int rows = w.rowsOf(panel);
        if (plain) {
          numbers.unpack(w.panel(panel), w.columns(), unpacked);
        }
        for (int lane = block; lane < end; lane += LANES) {
          int lanes = Math.min(LANES, end - lane);
          if (plain) {
            Plain.tile(unpacked, w.columns(), x, lane, lanes, products);
          } else {
            tile(numbers, w, panel, x, lane, lanes, products);
          }
          epilogue.tile(panel * PANEL, rows, lane, lanes, products, PANEL);
        }
      }
    }
  }

  /** Some panels of codes with all lanes. */
  private static void multiply(
      CodedPanel codes,
      CpuWeights w,
      int from,
      int to,
      CpuBuffer x,
      int n,
      boolean plain,
      Epilogue epilogue) {
    int most = Math.min(n, LANE_BLOCK);
    float[] products = new float[most * PANEL];
    CodedTiles tiles = new CodedTiles(codes, plain, most);
    for (int block = 0; block < n; block += LANE_BLOCK) {
      int lanes = Math.min(LANE_BLOCK, n - block);
      for (int panel = from; panel < to; panel++) {
        int rows = w.rowsOf(panel);
        tiles.multiply(w.panel(panel), w.columns(), x, block, lanes, products);
        epilogue.tile(panel * PANEL, rows, block, lanes, products, PANEL);
      }
    }
  }

  /** A half-open range of work. */
  interface Range {
    void run(int from, int to);
  }

  /** Splits items into parts worth a thread's while and runs them. */
  static void split(Workers workers, int items, long productsPerItem, Range range) {
    long fewest = PART_PRODUCTS / Math.max(1, productsPerItem);
    long even = items / (PARTS * (long) workers.count());
    int size = (int) Math.min(Math.max(1, items), Math.max(1, Math.max(fewest, even)));
    int parts = (items + size - 1) / size;
    workers.run(parts, part -> range.run(part * size, Math.min(items, (part + 1) * size)));
  }

  /**
   * One panel with up to four lanes; fewer than four repeat the last, but one alone is not
   * repeated.
   */
  private static void tile(
      NumberPanel numbers,
      CpuWeights w,
      int panel,
      CpuBuffer x,
      int lane,
      int lanes,
      float[] products) {
    int x0 = x.row(lane);
    if (lanes == 1) {
      numbers.multiply(w.panel(panel), w.columns(), x.data(), x0, products);
      return;
    }
    int x1 = x.row(lane + 1);
    int x2 = x.row(lane + Math.min(2, lanes - 1));
    int x3 = x.row(lane + Math.min(3, lanes - 1));
    numbers.multiply(w.panel(panel), w.columns(), x.data(), x0, x1, x2, x3, products);
  }
}
