package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Op;

/**
 * The way into attention: query, key and value of each lane in one product; bias and rotation of
 * queries and keys; keys and values appended to their page. A pair of rows that turn together is
 * always in one tile.
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

  /** Takes the products of a tile; see {@link Linear.Epilogue}. */
  void store(int row, int rows, int lane, int count, float[] products) {
    for (int m = lane; m < lane + count; m++) {
      for (int r = 0; r < rows; r += 2) {
        float first = products[(m - lane) * Linear.PANEL + r];
        float second = products[(m - lane) * Linear.PANEL + r + 1];
        if (bias != null && row + r < turned) {
          first += bias[row + r];
          second += bias[row + r + 1];
        }
        put(m, row + r, first, second);
      }
    }
  }

  /** Takes all products of a lane, and norms them before they are turned. */
  void storeNormed(int m, float[] products, int at, Op.HeadNorms norms) {
    float[] ofQueries = CpuBuffer.of(norms.q()).data();
    float[] ofKeys = CpuBuffer.of(norms.k()).data();
    Norms.row(products, at, ofQueries, norms.eps(), products, at);
    Norms.row(products, at + queries, ofKeys, norms.eps(), products, at + queries);
    int rows = 2 * turned - queries;
    for (int row = 0; row < rows; row += 2) {
      put(m, row, products[at + row], products[at + row + 1]);
    }
  }

  /** A pair of rows of {@code [q ; k ; v]}. */
  private void put(int m, int row, float first, float second) {
    if (row < turned) {
      rotate(m, row, first, second);
    } else {
      writeValue(m, row - turned, first, second);
    }
  }

  /** Rotates a pair by its position's angle: a complex product. */
  private void rotate(int m, int row, float first, float second) {
    int at = lanes.position[m] * cache.headWidth() + row % cache.headWidth();
    float cos = rope[at];
    float sin = rope[at + 1];
    float x = first * cos - second * sin;
    float y = second * cos + first * sin;
    if (row < queries) {
      q.data()[q.row(m) + row] = x;
      q.data()[q.row(m) + row + 1] = y;
    } else {
      writeKey(m, row - queries, x, y);
    }
  }

  private void writeKey(int m, int i, float first, float second) {
    int head = i / cache.headWidth();
    int element = i % cache.headWidth();
    int position = lanes.position[m];
    pages[m].set(ValueLayout.JAVA_FLOAT, cache.keyOffset(head, position, element), first);
    pages[m].set(ValueLayout.JAVA_FLOAT, cache.keyOffset(head, position, element + 1), second);
  }

  private void writeValue(int m, int i, float first, float second) {
    long at = cache.valueOffset(i / cache.headWidth(), lanes.position[m], i % cache.headWidth());
    pages[m].set(ValueLayout.JAVA_FLOAT, at, first);
    pages[m].set(ValueLayout.JAVA_FLOAT, at + Float.BYTES, second);
  }
}
