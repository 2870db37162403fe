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

  /** Takes the products of a tile where {@link #inTiles}, in place; see {@link Linear.Epilogue}. */
  void store(int row, int rows, int lane, int count, float[] products, int step) {
    FloatKv kept = (FloatKv) cache.elements;
    int width = cache.headWidth();
    for (int m = lane; m < lane + count; m++) {
      int n;
      for (int r = 0; r < rows; r += n) {
        n = Math.min(rows - r, width - (row + r) % width); // of one head
        store(kept, m, row + r, n, products, (m - lane) * step + r);
      }
    }
  }

  /** Some rows of {@code [q ; k ; v]} of one head. */
  private void store(FloatKv kept, int m, int row, int n, float[] products, int at) {
    int width = cache.headWidth();
    int position = lanes.position[m];
    if (row >= turned) {
      int head = (row - turned) / width;
      kept.putValue(pages[m], head, position, row % width, n, products, at);
      return;
    }
    turn(m, row, n, products, at);
    if (row < queries) {
      System.arraycopy(products, at, q.data(), q.row(m) + row, n);
    } else {
      int head = (row - queries) / width;
      kept.putKey(pages[m], head, position, row % width, n, products, at);
    }
  }

  /** Norms of a lane's queries and keys, which come before all else. */
  void norm(float[] products, int at, Op.HeadNorms norms, boolean plain) {
    float[] ofQueries = CpuBuffer.of(norms.q()).data();
    float[] ofKeys = CpuBuffer.of(norms.k()).data();
    Norms.row(products, at, ofQueries, norms.eps(), plain);
    Norms.row(products, at + queries, ofKeys, norms.eps(), plain);
  }

  /** Takes all products of a lane by compiled code. */
  void storeWhole(int m, float[] products, int at, CompiledHeads compiled) {
    compiled.store(m, lanes.position[m], pages[m], products, at);
  }

  /** Takes all products of a lane. */
  void storeWhole(int m, float[] products, int at) {
    for (int i = 0; i < turned; i += cache.headWidth()) {
      turn(m, i, cache.headWidth(), products, at + i);
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
   * Bias and rotation of some rows of a head of queries or keys, in pairs, by the position's
   * angles: complex products.
   */
  private void turn(int m, int row, int n, float[] x, int at) {
    if (bias != null) {
      for (int i = 0; i < n; i++) {
        x[at + i] += bias[row + i];
      }
    }
    int width = cache.headWidth();
    int angles = lanes.position[m] * width + row % width;
    for (int i = 0; i < n; i += 2) {
      float a = x[at + i];
      float b = x[at + i + 1];
      float cos = rope[angles + i];
      float sin = rope[angles + i + 1];
      x[at + i] = a * cos - b * sin;
      x[at + i + 1] = b * cos + a * sin;
    }
  }
}
