package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Op;

/**
 * The way into attention: query, key and value of each lane in one product; bias and rotation of
 * queries and keys; keys and values appended to their page. A pair of rows that turn together is
 * always in one tile. Norms, and all formats of keys and values but float32, need a lane's products
 * together.
 */
final class Heads {
  private final CpuLanes lanes;
  private final float[] bias; // of q, then of k; null for none
  private final float[] rope; // [positions, D], cosine and sine of each pair
  private final CpuKvCache cache;
  private final MemorySegment[] pages; // by lane
  private final CpuBuffer q; // [≥n, H·D]
  private final int queries; // H·D
  private final int turned; // H·D + K·D

  Heads(Op.Epilogue.Heads op, CpuLanes lanes) {
    this.lanes = lanes;
    bias = op.bias() == null ? null : CpuBuffer.of(op.bias()).data();
    rope = CpuBuffer.of(op.rope()).data();
    cache = CpuKvCache.of(op.cache());
    q = CpuBuffer.of(op.q());
    queries = q.columns();
    turned = queries + cache.heads() * cache.headWidth();
    CpuSequences sequences = CpuSequences.of(op.sequences());
    KvSlot slot = op.slot();
    pages = new MemorySegment[lanes.size()];
    for (int m = 0; m < pages.length; m++) {
      int sequence = lanes.sequence[m];
      int position = lanes.position[m];
      int group = lanes.group[m];
      int chunk = position / KvCache.PAGE;
      pages[m] = cache.page(sequences.page(sequence, slot.of(group), chunk));
      if (slot.perGroup() != 0) {
        sequences.reach(sequence, position, group);
      }
    }
  }

  /** Whether products may come tile by tile. */
  static boolean inTiles(Op.Epilogue.Heads op) {
    return op.norms() == null && CpuKvCache.of(op.cache()).elements instanceof FloatKv;
  }

  /** Takes the products of a tile where {@link #inTiles}; see {@link Linear.Epilogue}. */
  void store(int row, int rows, int lane, int count, float[] products) {
    FloatKv kept = (FloatKv) cache.elements;
    float[] turn = new float[2];
    int width = cache.headWidth();
    for (int m = lane; m < lane + count; m++) {
      for (int r = 0; r < rows; r += 2) {
        int at = (m - lane) * Linear.PANEL + r;
        int i = row + r;
        turn(m, i, products[at], products[at + 1], turn);
        if (i < queries) {
          q.data()[q.row(m) + i] = turn[0];
          q.data()[q.row(m) + i + 1] = turn[1];
        } else if (i < turned) {
          i -= queries;
          kept.putKey(pages[m], i / width, lanes.position[m], i % width, turn[0], turn[1]);
        } else {
          i -= turned;
          kept.putValue(pages[m], i / width, lanes.position[m], i % width, turn[0], turn[1]);
        }
      }
    }
  }

  /** Takes all products of a lane. */
  void storeWhole(int m, float[] products, int at, Op.HeadNorms norms) {
    if (norms != null) {
      float[] ofQueries = CpuBuffer.of(norms.q()).data();
      float[] ofKeys = CpuBuffer.of(norms.k()).data();
      Norms.row(products, at, ofQueries, norms.eps(), products, at);
      Norms.row(products, at + queries, ofKeys, norms.eps(), products, at + queries);
    }
    float[] turn = new float[2];
    for (int i = 0; i < turned; i += 2) {
      turn(m, i, products[at + i], products[at + i + 1], turn);
      products[at + i] = turn[0];
      products[at + i + 1] = turn[1];
    }
    System.arraycopy(products, at, q.data(), q.row(m), queries);
    int position = lanes.position[m];
    for (int head = 0; head < cache.heads(); head++) {
      int from = at + queries + head * cache.headWidth();
      cache.elements.putKey(pages[m], head, position, products, from);
      cache.elements.putValue(pages[m], head, position, products, from + turned - queries);
    }
  }

  /**
   * Bias and rotation of a pair of rows of {@code [q ; k ; v]}, by its position's angle: a complex
   * product.
   */
  private void turn(int m, int row, float first, float second, float[] to) {
    if (row >= turned) {
      to[0] = first;
      to[1] = second;
      return;
    }
    float a = bias == null ? first : first + bias[row];
    float b = bias == null ? second : second + bias[row + 1];
    int at = lanes.position[m] * cache.headWidth() + row % cache.headWidth();
    float cos = rope[at];
    float sin = rope[at + 1];
    to[0] = a * cos - b * sin;
    to[1] = b * cos + a * sin;
  }
}
