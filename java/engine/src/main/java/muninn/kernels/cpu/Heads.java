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
  private final float[] bias; // [2, H·D]
  private final float[] rope; // [positions, D], cosine and sine of each pair
  private final CpuKvCache cache;
  private final MemorySegment[] pages; // by lane
  private final CpuBuffer q; // [≥n, H·D]
  private final int width; // H·D

  Heads(Op.Epilogue.Heads op, CpuLanes lanes) {
    this.lanes = lanes;
    bias = CpuBuffer.of(op.bias()).data();
    rope = CpuBuffer.of(op.rope()).data();
    cache = CpuKvCache.of(op.cache());
    q = CpuBuffer.of(op.q());
    width = cache.heads() * cache.headWidth();
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
        int part = (row + r) / width; // 0 query, 1 key, 2 value
        int i = (row + r) % width; // head · D + element
        if (part == 2) {
          writeValue(m, i, first, second);
        } else {
          rotate(m, part, i, first + bias[part * width + i], second + bias[part * width + i + 1]);
        }
      }
    }
  }

  /** Rotates a pair by its position's angle: a complex product. */
  private void rotate(int m, int part, int i, float first, float second) {
    int at = lanes.position[m] * cache.headWidth() + i % cache.headWidth();
    float cos = rope[at];
    float sin = rope[at + 1];
    float turned = first * cos - second * sin;
    float turnedSecond = second * cos + first * sin;
    if (part == 0) {
      q.data()[q.row(m) + i] = turned;
      q.data()[q.row(m) + i + 1] = turnedSecond;
    } else {
      writeKey(m, i, turned, turnedSecond);
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
