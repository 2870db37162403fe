package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Op;

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

  static Step prepare(Workers workers, Op.Attend op) {
    CpuBuffer q = CpuBuffer.of(op.q());
    CpuSequences sequences = CpuSequences.of(op.sequences());
    CpuKvCache cache = CpuKvCache.of(op.cache());
    CpuBuffer out = CpuBuffer.of(op.out());
    return lanes -> lanes(workers, lanes, q, sequences, cache, op.slot(), out);
  }

  /** All heads of all lanes, in parallel. */
  private static void lanes(
      Workers workers,
      CpuLanes lanes,
      CpuBuffer q,
      CpuSequences sequences,
      CpuKvCache cache,
      KvSlot slot,
      CpuBuffer out) {
    int width = cache.headWidth();
    int heads = q.columns() / width;
    int sharing = heads / cache.heads(); // heads of queries that share one of keys
    long keys = 0;
    for (int m = 0; m < lanes.size(); m++) {
      keys += lanes.position[m] + 1;
    }
    Linear.split(
        workers,
        lanes.size() * heads,
        2 * keys * width / Math.max(1, lanes.size()),
        (from, to) -> {
          Context context = null;
          float[] scores = null;
          for (int task = from; task < to; task++) {
            int m = task / heads;
            int head = task % heads;
            if (head == 0 || task == from) {
              context = new Context(sequences, lanes, m, slot, cache);
              scores = new float[(context.runs() + 1) * KvCache.PAGE];
            }
            int count = lanes.position[m] + 1;
            int at = head * width;
            scores(q.data(), q.row(m) + at, cache, context, head / sharing, scores);
            gather(context, scores);
            float sum = Maths.softmax(scores, count);
            values(cache, context, head / sharing, scores, 1 / sum, out.data(), out.row(m) + at);
          }
        });
  }

  /**
   * {@code q · k[p] / √D} of all positions p of each run's page, the scores of run r at {@code 16 ·
   * r}, two runs at once, for two chains of multiply-adds hide each other's latency; what stands
   * beside a run's own positions is noise.
   *
   * @param q this head's D elements of the query at {@code from}
   * @param scores room for an even number of runs
   */
  private static void scores(
      float[] q, int from, CpuKvCache cache, Context context, int head, float[] scores) {
    int d = cache.headWidth();
    float scale = (float) (1 / Math.sqrt(d));
    for (int run = 0; run < context.runs(); run += 2) {
      MemorySegment one = context.page(run);
      MemorySegment two = context.page(Math.min(run + 1, context.runs() - 1));
      for (int p = 0; p < KvCache.PAGE; p += Linear.WIDTH) {
        FloatVector first = FloatVector.zero(Linear.FLOATS);
        FloatVector second = first;
        long at = cache.keyOffset(head, p, 0);
        for (int i = 0; i < d; i++, at += KEY_STEP) {
          FloatVector element = FloatVector.broadcast(Linear.FLOATS, q[from + i]);
          first = load(one, at).fma(element, first);
          second = load(two, at).fma(element, second);
        }
        first.mul(scale).intoArray(scores, run * KvCache.PAGE + p);
        second.mul(scale).intoArray(scores, (run + 1) * KvCache.PAGE + p);
      }
    }
  }

  /** Moves each position's score to its own place, which it is at already where runs are pages. */
  private static void gather(Context context, float[] scores) {
    for (int run = 0; run < context.runs(); run++) {
      int start = context.start(run);
      int at = run * KvCache.PAGE + start % KvCache.PAGE;
      if (at != start) {
        System.arraycopy(scores, at, scores, start, context.end(run) - start);
      }
    }
  }

  /**
   * {@code out = scale · Σ weights[p] · v[p]}, D elements at {@code to}, two vectors of them at
   * once.
   */
  private static void values(
      CpuKvCache cache,
      Context context,
      int head,
      float[] weights,
      float scale,
      float[] out,
      int to) {
    int d = cache.headWidth();
    long step = cache.valueStep();
    for (int i = 0; i < d; i += 2 * Linear.WIDTH) {
      FloatVector first = FloatVector.zero(Linear.FLOATS);
      FloatVector second = first;
      for (int run = 0; run < context.runs(); run++) {
        MemorySegment page = context.page(run);
        int from = context.start(run);
        int end = context.end(run);
        long at = cache.valueOffset(head, from, i);
        for (int p = from; p < end; p++, at += step) {
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
