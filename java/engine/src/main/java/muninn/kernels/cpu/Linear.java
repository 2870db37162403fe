package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of weight rows with lanes, each weight loaded once for four lanes. Every (weight row, lane)
 * pair is summed alike, whatever tile it falls into: one vector accumulator over the columns in order, a
 * fixed tree over its elements, then the columns that do not fill a vector. So a lane's result depends
 * neither on the other lanes nor on the number of threads.
 */
final class Linear {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final int WIDTH = FLOATS.length();

  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));
  private static final VectorShuffle<Float> DOWN_8 = VectorShuffle.iota(FLOATS, 8, 1, true);
  private static final VectorShuffle<Float> DOWN_4 = VectorShuffle.iota(FLOATS, 4, 1, true);
  private static final VectorShuffle<Float> DOWN_2 = VectorShuffle.iota(FLOATS, 2, 1, true);
  private static final VectorShuffle<Float> DOWN_1 = VectorShuffle.iota(FLOATS, 1, 1, true);

  // A tile: 4 weight rows × 4 lanes, 16 accumulators, as many as the 16 registers of AVX2 bear.
  static final int TILE = 4;

  // Lanes whose activations stay in the second-level cache while the rows of a part pass: 32 lanes of
  // Huginn's d = 5280 are 676 KB.
  private static final int LANE_BLOCK = 32;

  // Less work than this is not worth waking a thread for: 2^17 products take about 10 µs.
  private static final long PART_PRODUCTS = 1 << 17;

  private Linear() {}

  /** Receives the products of a tile: row {@code row + r} with lane {@code lane + m} at {@code r · TILE + m}. */
  interface Epilogue {
    void tile(int row, int rows, int lane, int lanes, float[] products);
  }

  /** All products of a weight matrix with the first n lanes of x, tile by tile, in parallel. */
  static void multiply(Workers workers, CpuWeights w, CpuBuffer x, int n, Epilogue epilogue) {
    split(
        workers,
        w.rows(),
        (long) n * w.columns(),
        (from, to) -> {
          float[] products = new float[TILE * TILE];
          overLanes(
              n,
              (lane, lanes) -> {
                for (int row = from; row < to; row += TILE) {
                  for (int m = lane; m < lanes; m += TILE) {
                    tile(w, row, x, m, n, products);
                    epilogue.tile(
                        row, Math.min(TILE, to - row), m, Math.min(TILE, n - m), products);
                  }
                }
              });
        });
  }

  /** A half-open range of rows or lanes. */
  interface Range {
    void run(int from, int to);
  }

  /** Splits rows into parts worth a thread's while, each a multiple of {@link #TILE}, and runs them. */
  static void split(Workers workers, int rows, long productsPerRow, Range range) {
    long fewest = Math.max(TILE, PART_PRODUCTS / Math.max(1, productsPerRow));
    long even = (rows + 4L * workers.count() - 1) / (4L * workers.count());
    int size = (int) Math.min(Math.max(1, rows), roundUp(Math.max(fewest, even)));
    int parts = (rows + size - 1) / size;
    workers.run(parts, part -> range.run(part * size, Math.min(rows, (part + 1) * size)));
  }

  private static long roundUp(long rows) {
    return (rows + TILE - 1) / TILE * TILE;
  }

  /** Walks the lanes in blocks that stay in cache. */
  static void overLanes(int n, Range range) {
    for (int lane = 0; lane < n; lane += LANE_BLOCK) {
      range.run(lane, Math.min(n, lane + LANE_BLOCK));
    }
  }

  /**
   * The products of four weight rows with four lanes (with one, if only one is left); rows and lanes
   * beyond the last repeat the last, and their products are to be ignored.
   *
   * @param n lanes in all
   * @param products receives row r × lane m at {@code r · TILE + m}
   */
  static void tile(CpuWeights w, int row, CpuBuffer x, int lane, int n, float[] products) {
    int k = w.columns();
    int body = FLOATS.loopBound(k);
    if (n - lane == 1) {
      tile4x1(w, row, x, lane, body, products);
    } else {
      tile4x4(w, row, x, lane, n, body, products);
    }
    if (body < k) {
      for (int r = 0; r < Math.min(TILE, w.rows() - row); r++) {
        for (int m = 0; m < Math.min(TILE, n - lane); m++) {
          products[r * TILE + m] += rest(w, row + r, x, lane + m, body);
        }
      }
    }
  }

  private static void tile4x4(
      CpuWeights weights, int row, CpuBuffer x, int lane, int n, int body, float[] products) {
    MemorySegment w = weights.data;
    boolean bf16 = weights.bf16;
    float[] xs = x.data();
    int x0 = x.row(lane);
    int x1 = x.row(Math.min(lane + 1, n - 1));
    int x2 = x.row(Math.min(lane + 2, n - 1));
    int x3 = x.row(Math.min(lane + 3, n - 1));
    long w0 = start(weights, row);
    long w1 = start(weights, row + 1);
    long w2 = start(weights, row + 2);
    long w3 = start(weights, row + 3);
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector a00 = zero;
    FloatVector a01 = zero;
    FloatVector a02 = zero;
    FloatVector a03 = zero;
    FloatVector a10 = zero;
    FloatVector a11 = zero;
    FloatVector a12 = zero;
    FloatVector a13 = zero;
    FloatVector a20 = zero;
    FloatVector a21 = zero;
    FloatVector a22 = zero;
    FloatVector a23 = zero;
    FloatVector a30 = zero;
    FloatVector a31 = zero;
    FloatVector a32 = zero;
    FloatVector a33 = zero;
    for (int i = 0; i < body; i += WIDTH) {
      FloatVector v0 = FloatVector.fromArray(FLOATS, xs, x0 + i);
      FloatVector v1 = FloatVector.fromArray(FLOATS, xs, x1 + i);
      FloatVector v2 = FloatVector.fromArray(FLOATS, xs, x2 + i);
      FloatVector v3 = FloatVector.fromArray(FLOATS, xs, x3 + i);
      FloatVector u = load(w, bf16, w0 + i);
      a00 = u.fma(v0, a00);
      a01 = u.fma(v1, a01);
      a02 = u.fma(v2, a02);
      a03 = u.fma(v3, a03);
      u = load(w, bf16, w1 + i);
      a10 = u.fma(v0, a10);
      a11 = u.fma(v1, a11);
      a12 = u.fma(v2, a12);
      a13 = u.fma(v3, a13);
      u = load(w, bf16, w2 + i);
      a20 = u.fma(v0, a20);
      a21 = u.fma(v1, a21);
      a22 = u.fma(v2, a22);
      a23 = u.fma(v3, a23);
      u = load(w, bf16, w3 + i);
      a30 = u.fma(v0, a30);
      a31 = u.fma(v1, a31);
      a32 = u.fma(v2, a32);
      a33 = u.fma(v3, a33);
    }
    products[0] = sum(a00);
    products[1] = sum(a01);
    products[2] = sum(a02);
    products[3] = sum(a03);
    products[4] = sum(a10);
    products[5] = sum(a11);
    products[6] = sum(a12);
    products[7] = sum(a13);
    products[8] = sum(a20);
    products[9] = sum(a21);
    products[10] = sum(a22);
    products[11] = sum(a23);
    products[12] = sum(a30);
    products[13] = sum(a31);
    products[14] = sum(a32);
    products[15] = sum(a33);
  }

  private static void tile4x1(
      CpuWeights weights, int row, CpuBuffer x, int lane, int body, float[] products) {
    MemorySegment w = weights.data;
    boolean bf16 = weights.bf16;
    float[] xs = x.data();
    int x0 = x.row(lane);
    long w0 = start(weights, row);
    long w1 = start(weights, row + 1);
    long w2 = start(weights, row + 2);
    long w3 = start(weights, row + 3);
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    for (int i = 0; i < body; i += WIDTH) {
      FloatVector v = FloatVector.fromArray(FLOATS, xs, x0 + i);
      a0 = load(w, bf16, w0 + i).fma(v, a0);
      a1 = load(w, bf16, w1 + i).fma(v, a1);
      a2 = load(w, bf16, w2 + i).fma(v, a2);
      a3 = load(w, bf16, w3 + i).fma(v, a3);
    }
    products[0] = sum(a0);
    products[TILE] = sum(a1);
    products[2 * TILE] = sum(a2);
    products[3 * TILE] = sum(a3);
  }

  /** First element of a weight row, the last row standing in for those beyond it. */
  private static long start(CpuWeights w, int row) {
    return (long) Math.min(row, w.rows() - 1) * w.columns();
  }

  /** The columns from {@code body} on, one after the other. */
  private static float rest(CpuWeights w, int row, CpuBuffer x, int lane, int body) {
    float sum = 0;
    for (int i = body; i < w.columns(); i++) {
      sum = Math.fma(w.at(row, i), x.data()[x.row(lane) + i], sum);
    }
    return sum;
  }

  /** Weights {@code i …}; bfloat16 is widened by a shift into the upper half. */
  private static FloatVector load(MemorySegment w, boolean bf16, long i) {
    if (bf16) {
      ShortVector half = ShortVector.fromMemorySegment(SHORTS, w, i * 2, ByteOrder.LITTLE_ENDIAN);
      IntVector upper =
          ((IntVector) half.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, 16);
      return upper.reinterpretAsFloats();
    }
    return FloatVector.fromMemorySegment(FLOATS, w, i * 4, ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The sum of a vector's elements, halves first. {@code reduceLanes} promises no order, and interpreter
   * and compiler choose differently; this tree is the same everywhere.
   */
  static float sum(FloatVector v) {
    if (WIDTH >= 16) {
      v = v.add(v.rearrange(DOWN_8));
    }
    if (WIDTH >= 8) {
      v = v.add(v.rearrange(DOWN_4));
    }
    if (WIDTH >= 4) {
      v = v.add(v.rearrange(DOWN_2));
    }
    return v.add(v.rearrange(DOWN_1)).lane(0);
  }
}
