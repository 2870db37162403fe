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
              scores = new float[pages.length * KvCache.PAGE];
            }
            int count = lanes.position[m] + 1;
            int at = head * width;
            scores(q.data(), q.row(m) + at, cache, pages, head, scores);
            float sum = softmax(scores, count);
            values(cache, pages, head, scores, count, 1 / sum, out.data(), out.row(m) + at);
          }
        });
  }

  /**
   * {@code scores[p] = q · k[p] / √D}, 16 positions of a page at a time; what stands behind the
   * last position is noise.
   *
   * @param q this head's D elements of the query at {@code from}
   * @param pages the lane's pages, by chunk of 16 positions
   */
  private static void scores(
      float[] q, int from, CpuKvCache cache, MemorySegment[] pages, int head, float[] scores) {
    int d = cache.headWidth();
    float scale = (float) (1 / Math.sqrt(d));
    for (int chunk = 0; chunk < pages.length; chunk++) {
      MemorySegment page = pages[chunk];
      for (int p = 0; p < KvCache.PAGE; p += Linear.WIDTH) {
        FloatVector sum = FloatVector.zero(Linear.FLOATS);
        for (int i = 0; i < d; i++) {
          FloatVector k =
              FloatVector.fromMemorySegment(
                  Linear.FLOATS, page, cache.keyOffset(head, p, i), ByteOrder.nativeOrder());
          sum = k.fma(FloatVector.broadcast(Linear.FLOATS, q[from + i]), sum);
        }
        sum.mul(scale).intoArray(scores, chunk * KvCache.PAGE + p);
      }
    }
  }

  /** Turns scores into {@code e^(score − max)} and answers their sum. */
  private static float softmax(float[] scores, int count) {
    float max = Float.NEGATIVE_INFINITY;
    for (int p = 0; p < count; p++) {
      max = Math.max(max, scores[p]);
    }
    float sum = 0;
    for (int p = 0; p < count; p++) {
      scores[p] = Maths.exp(scores[p] - max);
      sum += scores[p];
    }
    return sum;
  }

  /** {@code out = scale · Σ weights[p] · v[p]}, D elements at {@code to}. */
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
    for (int i = 0; i < d; i += Linear.WIDTH) {
      FloatVector sum = FloatVector.zero(Linear.FLOATS);
      for (int p = 0; p < count; p++) {
        FloatVector v =
            FloatVector.fromMemorySegment(
                Linear.FLOATS,
                pages[p / KvCache.PAGE],
                cache.valueOffset(head, p, i),
                ByteOrder.nativeOrder());
        sum = v.fma(FloatVector.broadcast(Linear.FLOATS, weights[p]), sum);
      }
      sum.mul(scale).intoArray(out, to + i, Linear.FLOATS.indexInRange(i, d));
    }
  }
}
