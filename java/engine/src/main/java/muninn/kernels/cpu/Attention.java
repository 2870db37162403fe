package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;

/**
 * Causal softmax attention of one lane and one head over a paged cache: scores of all positions, softmax
 * with the maximum taken off, weighted sum of values. Positions are summed in order, so a lane's result
 * depends on its sequence alone.
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
    int tasks = lanes.size() * heads;
    long keys = 0;
    for (int m = 0; m < lanes.size(); m++) {
      keys += lanes.position[m] + 1;
    }
    long productsPerTask = 2 * keys * cache.headWidth() / Math.max(1, lanes.size());
    Linear.split(
        workers,
        tasks,
        productsPerTask,
        (from, to) -> {
          MemorySegment[] pages = new MemorySegment[0];
          float[] scores = new float[0];
          for (int task = from; task < to; task++) {
            int m = task / heads;
            int head = task % heads;
            if (head == 0 || task == from) {
              pages = sequences.pages(lanes, m, slot, cache);
              scores = new float[lanes.position[m] + 1];
            }
            int at = head * cache.headWidth();
            head(q.data(), q.row(m) + at, cache, pages, head, scores, out.data(), out.row(m) + at);
          }
        });
  }

  /**
   * @param q this head's D elements of the query at {@code from}
   * @param pages the lane's pages by chunk of 16 positions
   * @param scores scratch, as long as there are positions to attend to
   * @param out receives D elements at {@code to}
   */
  private static void head(
      float[] q,
      int from,
      CpuKvCache cache,
      MemorySegment[] pages,
      int head,
      float[] scores,
      float[] out,
      int to) {
    int d = cache.headWidth();
    int body = Linear.FLOATS.loopBound(d);
    VectorMask<Float> rest = Linear.FLOATS.indexInRange(body, d);
    float scale = (float) (1 / Math.sqrt(d));
    scores(q, from, cache, pages, head, scale, body, rest, scores);
    float sum = softmax(scores);
    for (int i = 0; i < body; i += Linear.WIDTH) {
      values(cache, pages, head, i, null, scores).mul(1 / sum).intoArray(out, to + i);
    }
    if (body < d) {
      values(cache, pages, head, body, rest, scores).mul(1 / sum).intoArray(out, to + body, rest);
    }
  }

  /** {@code scores[p] = q · k[p] · scale}. */
  private static void scores(
      float[] q,
      int from,
      CpuKvCache cache,
      MemorySegment[] pages,
      int head,
      float scale,
      int body,
      VectorMask<Float> rest,
      float[] scores) {
    boolean whole = !rest.anyTrue();
    for (int p = 0; p < scores.length; p++) {
      MemorySegment page = pages[p / KvCache.PAGE];
      long key = cache.keyOffset(head, p);
      FloatVector sum = FloatVector.zero(Linear.FLOATS);
      for (int i = 0; i < body; i += Linear.WIDTH) {
        FloatVector k =
            FloatVector.fromMemorySegment(
                Linear.FLOATS, page, key + 4L * i, ByteOrder.nativeOrder());
        sum = k.fma(FloatVector.fromArray(Linear.FLOATS, q, from + i), sum);
      }
      if (!whole) {
        FloatVector k =
            FloatVector.fromMemorySegment(
                Linear.FLOATS, page, key + 4L * body, ByteOrder.nativeOrder(), rest);
        sum = k.fma(FloatVector.fromArray(Linear.FLOATS, q, from + body, rest), sum);
      }
      scores[p] = Linear.sum(sum) * scale;
    }
  }

  /** Turns scores into {@code e^(score − max)} and answers their sum. */
  private static float softmax(float[] scores) {
    float max = Float.NEGATIVE_INFINITY;
    for (int p = 0; p < scores.length; p++) {
      max = Math.max(max, scores[p]);
    }
    float sum = 0;
    for (int p = 0; p < scores.length; p++) {
      scores[p] = Maths.exp(scores[p] - max);
      sum += scores[p];
    }
    return sum;
  }

  /** Elements {@code i …} of {@code Σ scores[p] · v[p]}; the mask cuts the last vector, or is null. */
  private static FloatVector values(
      CpuKvCache cache,
      MemorySegment[] pages,
      int head,
      int i,
      VectorMask<Float> mask,
      float[] scores) {
    FloatVector sum = FloatVector.zero(Linear.FLOATS);
    long shift = cache.valueOffset() + 4L * i;
    for (int p = 0; p < scores.length; p++) {
      MemorySegment page = pages[p / KvCache.PAGE];
      long at = cache.keyOffset(head, p) + shift;
      FloatVector v =
          mask == null
              ? FloatVector.fromMemorySegment(Linear.FLOATS, page, at, ByteOrder.nativeOrder())
              : FloatVector.fromMemorySegment(
                  Linear.FLOATS, page, at, ByteOrder.nativeOrder(), mask);
      sum = v.fma(FloatVector.broadcast(Linear.FLOATS, scores[p]), sum);
    }
    return sum;
  }
}
