package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;

/**
 * Causal softmax attention of one lane and one head over a paged cache: scores of all positions,
 * softmax with the maximum taken off, weighted sum of values. Scores are summed over the head's
 * elements in order and values over the positions in order, so a lane's result depends on its
 * sequence alone.
 */
final class Attention {
  // From one element of 16 positions' keys to the next, in bytes.
  private static final long KEY_STEP = 4L * KvCache.PAGE;

  private Attention() {}

  /** All heads of all lanes, in parallel. */
  static void lanes(
      Workers workers,
      CpuLanes lanes,
      CpuBuffer q,
      CpuSequences sequences,
      CpuKvCache cache,
      KvSlot slot,
      CpuBuffer out) {
    int heads = cache.heads();
    int width = cache.headWidth();
    long keys = 0;
    for (int m = 0; m < lanes.size(); m++) {
      keys += lanes.position[m] + 1;
    }
    Linear.split(
        workers,
        lanes.size() * heads,
        2 * keys * width / Math.max(1, lanes.size()),
        (from, to) -> {
          MemorySegment[] pages = null;
          float[] scores = null;
          for (int task = from; task < to; task++) {
            int m = task / heads;
            int head = task % heads;
            if (head == 0 || task == from) {
              pages = sequences.pages(lanes, m, slot, cache);
              scores = new float[(pages.length + 1) * KvCache.PAGE];
            }
            int count = lanes.position[m] + 1;
            int at = head * width;
            scores(q.data(), q.row(m) + at, cache, pages, head, scores);
            float sum = Maths.softmax(scores, count);
            values(cache, pages, head, scores, count, 1 / sum, out.data(), out.row(m) + at);
          }
        });
  }

  /**
   * {@code scores[p] = q · k[p] / √D}, a page of 16 positions at a time and two pages at once, for
   * two chains of multiply-adds hide each other's latency; what stands behind the last position is
   * noise.
   *
   * @param q this head's D elements of the query at {@code from}
   * @param pages the lane's pages, by chunk of 16 positions
   * @param scores room for an even number of chunks
   */
  private static void scores(
      float[] q, int from, CpuKvCache cache, MemorySegment[] pages, int head, float[] scores) {
    int d = cache.headWidth();
    float scale = (float) (1 / Math.sqrt(d));
    for (int chunk = 0; chunk < pages.length; chunk += 2) {
      MemorySegment one = pages[chunk];
      MemorySegment two = pages[Math.min(chunk + 1, pages.length - 1)];
      for (int p = 0; p < KvCache.PAGE; p += Linear.WIDTH) {
        FloatVector first = FloatVector.zero(Linear.FLOATS);
        FloatVector second = first;
        long at = cache.keyOffset(head, p, 0);
        for (int i = 0; i < d; i++, at += KEY_STEP) {
          FloatVector element = FloatVector.broadcast(Linear.FLOATS, q[from + i]);
          first = load(one, at).fma(element, first);
          second = load(two, at).fma(element, second);
        }
        first.mul(scale).intoArray(scores, chunk * KvCache.PAGE + p);
        second.mul(scale).intoArray(scores, (chunk + 1) * KvCache.PAGE + p);
      }
    }
  }

  /**
   * {@code out = scale · Σ weights[p] · v[p]}, D elements at {@code to}, two vectors of them at
   * once.
   */
  private static void values(
      CpuKvCache cache,
      MemorySegment[] pages,
      int head,
      float[] weights,
      int count,
      float scale,
      float[] out,
      int to) {
    int d = cache.headWidth();
    long step = cache.valueStep();
    for (int i = 0; i < d; i += 2 * Linear.WIDTH) {
      FloatVector first = FloatVector.zero(Linear.FLOATS);
      FloatVector second = first;
      for (int chunk = 0; chunk < pages.length; chunk++) {
        MemorySegment page = pages[chunk];
        int from = chunk * KvCache.PAGE;
        long at = cache.valueOffset(head, from, i);
        for (int p = from; p < Math.min(count, from + KvCache.PAGE); p++, at += step) {
          FloatVector weight = FloatVector.broadcast(Linear.FLOATS, weights[p]);
          first = load(page, at).fma(weight, first);
          second = load(page, at + 4L * Linear.WIDTH).fma(weight, second);
        }
      }
      first.mul(scale).intoArray(out, to + i, Linear.FLOATS.indexInRange(i, d));
      int next = i + Linear.WIDTH;
      if (next < d) {
        second.mul(scale).intoArray(out, to + next, Linear.FLOATS.indexInRange(next, d));
      }
    }
  }

  private static FloatVector load(MemorySegment page, long at) {
    return FloatVector.fromMemorySegment(Linear.FLOATS, page, at, ByteOrder.nativeOrder());
  }
}
