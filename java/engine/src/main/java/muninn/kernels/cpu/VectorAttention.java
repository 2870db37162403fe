package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import muninn.kernels.KvCache;

/**
 * Attention by vectors, of one head and up to four queries that pass over its keys and values
 * together. It goes through the pages once for the scores and once for the values, whatever their
 * format, and sees float32 ({@link KvElements}). For one thread.
 */
final class VectorAttention implements Attention.Pass {
  /** Queries that pass over keys and values together: as many as registers suffice for. */
  static final int TOGETHER = 4;

  // From one element of 16 positions' keys to the next, in bytes.
  private static final long KEY_STEP = 4L * KvCache.PAGE;

  private final KvElements elements;
  private final KvElements.Room room;
  private final int width; // D
  private final int pitch; // D, in whole pairs of vectors
  private final long valueStep; // from a position's value to the next one's, in bytes
  private final float[] sums; // of values, by query
  private final float[] scales = new float[TOGETHER];
  private final MemorySegment[] pages = new MemorySegment[KvElements.TOGETHER];
  private final int[] from = new int[TOGETHER]; // where queries begin
  private final Context context;
  private final float[][] scores;

  VectorAttention(CpuKvCache cache, Context context) {
    this.context = context;
    elements = cache.elements;
    room = cache.room();
    width = cache.headWidth();
    pitch = KvElements.pitch(width);
    valueStep = (long) Float.BYTES * pitch;
    sums = new float[TOGETHER * pitch];
    scores = new float[TOGETHER][(context.runs() + 1) * KvCache.PAGE];
  }

  @Override
  public void attend(int head, Attention.Queries queries, float[] q, float[] out) {
    int count = queries.count;
    int runs = context.runs(queries.seen[count - 1]);
    for (int h = 0; h < count; h++) {
      from[h] = queries.first + h * queries.step;
    }
    if (count == 1) {
      scores(runs, q, head);
    } else {
      scoresTogether(runs, q, head, count);
    }
    for (int h = 0; h < count; h++) {
      context.gather(runs, scores[h]);
      int positions = queries.seen[h];
      scales[h] = 1 / Maths.softmax(scores[h], positions);
      Arrays.fill(scores[h], positions, context.end(runs - 1), 0); // others see these
    }
    Arrays.fill(sums, 0);
    if (count == 1) {
      values(runs, head);
    } else {
      valuesTogether(runs, head, count);
    }
    for (int h = 0; h < count; h++) {
      for (int i = 0; i < width; i++) {
        out[from[h] + i] = sums[h * pitch + i] * scales[h]; // results lie as queries do
      }
    }
  }

  /**
   * {@code q · k[p] / √D} of all positions p of each run's page, the scores of run r at {@code 16 ·
   * r}, two runs at once, for two chains of multiply-adds hide each other's latency; what stands
   * beside a run's own positions is noise.
   */
  private void scores(int runs, float[] q, int head) {
    int query = from[0];
    float[] to = scores[0];
    float scale = (float) (1 / Math.sqrt(width));
    for (int run = 0; run < runs; run += 2) {
      MemorySegment one = elements.keys(context.page(run), head, room.page(0));
      MemorySegment two = one;
      if (run + 1 < runs) {
        two = elements.keys(context.page(run + 1), head, room.page(1));
      }
      for (int p = 0; p < KvCache.PAGE; p += Linear.WIDTH) {
        FloatVector first = FloatVector.zero(Linear.FLOATS);
        FloatVector second = first;
        long at = elements.keysAt(head) + 4L * p;
        for (int i = 0; i < width; i++, at += KEY_STEP) {
          FloatVector element = FloatVector.broadcast(Linear.FLOATS, q[query + i]);
          first = load(one, at).fma(element, first);
          second = load(two, at).fma(element, second);
        }
        first.mul(scale).intoArray(to, run * KvCache.PAGE + p);
        second.mul(scale).intoArray(to, (run + 1) * KvCache.PAGE + p);
      }
    }
  }

  /** The same for two to four queries, each key loaded once; fewer than four repeat the last. */
  private void scoresTogether(int runs, float[] query, int head, int count) {
    float scale = (float) (1 / Math.sqrt(width));
    int two = Math.min(2, count - 1);
    int three = count - 1;
    int from0 = from[0];
    int from1 = from[1];
    int from2 = from[two];
    int from3 = from[three];
    for (int run = 0; run < runs; run++) {
      MemorySegment page = elements.keys(context.page(run), head, room.page(0));
      for (int p = 0; p < KvCache.PAGE; p += Linear.WIDTH) {
        FloatVector s0 = FloatVector.zero(Linear.FLOATS);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        long at = elements.keysAt(head) + 4L * p;
        for (int i = 0; i < width; i++, at += KEY_STEP) {
          FloatVector key = load(page, at);
          s0 = key.fma(FloatVector.broadcast(Linear.FLOATS, query[from0 + i]), s0);
          s1 = key.fma(FloatVector.broadcast(Linear.FLOATS, query[from1 + i]), s1);
          s2 = key.fma(FloatVector.broadcast(Linear.FLOATS, query[from2 + i]), s2);
          s3 = key.fma(FloatVector.broadcast(Linear.FLOATS, query[from3 + i]), s3);
        }
        int to = run * KvCache.PAGE + p;
        s0.mul(scale).intoArray(scores[0], to);
        s1.mul(scale).intoArray(scores[1], to);
        s2.mul(scale).intoArray(scores[two], to);
        s3.mul(scale).intoArray(scores[three], to);
      }
    }
  }

  /** {@code sums += Σ weights[p] · v[p]}, some pages at a time, two vectors of elements at once. */
  private void values(int runs, int head) {
    float[] weights = scores[0];
    for (int run = 0; run < runs; run += pages.length) {
      int end = decode(run, runs, head);
      for (int i = 0; i < pitch; i += Linear.PANEL) {
        FloatVector first = FloatVector.fromArray(Linear.FLOATS, sums, i);
        FloatVector second = FloatVector.fromArray(Linear.FLOATS, sums, i + Linear.WIDTH);
        for (int r = run; r < end; r++) {
          MemorySegment page = pages[r - run];
          long at = valueAt(r, head, i);
          for (int p = context.start(r); p < context.end(r); p++, at += valueStep) {
            FloatVector weight = FloatVector.broadcast(Linear.FLOATS, weights[p]);
            first = load(page, at).fma(weight, first);
            second = load(page, at + 4L * Linear.WIDTH).fma(weight, second);
          }
        }
        first.intoArray(sums, i);
        second.intoArray(sums, i + Linear.WIDTH);
      }
    }
  }

  /** The same for two to four queries, each value loaded once; fewer than four repeat the last. */
  private void valuesTogether(int runs, int head, int count) {
    int two = Math.min(2, count - 1);
    int three = count - 1;
    float[][] weights = scores;
    for (int run = 0; run < runs; run += pages.length) {
      int end = decode(run, runs, head);
      for (int i = 0; i < width; i += Linear.WIDTH) {
        FloatVector v0 = FloatVector.fromArray(Linear.FLOATS, sums, i);
        FloatVector v1 = FloatVector.fromArray(Linear.FLOATS, sums, pitch + i);
        FloatVector v2 = FloatVector.fromArray(Linear.FLOATS, sums, two * pitch + i);
        FloatVector v3 = FloatVector.fromArray(Linear.FLOATS, sums, three * pitch + i);
        for (int r = run; r < end; r++) {
          MemorySegment page = pages[r - run];
          long at = valueAt(r, head, i);
          for (int p = context.start(r); p < context.end(r); p++, at += valueStep) {
            FloatVector value = load(page, at);
            v0 = value.fma(FloatVector.broadcast(Linear.FLOATS, weights[0][p]), v0);
            v1 = value.fma(FloatVector.broadcast(Linear.FLOATS, weights[1][p]), v1);
            v2 = value.fma(FloatVector.broadcast(Linear.FLOATS, weights[two][p]), v2);
            v3 = value.fma(FloatVector.broadcast(Linear.FLOATS, weights[three][p]), v3);
          }
        }
        v0.intoArray(sums, i);
        v1.intoArray(sums, pitch + i);
        v2.intoArray(sums, two * pitch + i);
        v3.intoArray(sums, three * pitch + i);
      }
    }
  }

  /**
   * Finds the values of the runs from one on, as many as there is room for.
   *
   * @return the run behind the last of them
   */
  private int decode(int run, int runs, int head) {
    int count = Math.min(pages.length, runs - run);
    for (int i = 0; i < count; i++) {
      pages[i] = elements.values(context.page(run + i), head, room.page(i));
    }
    return run + count;
  }

  /** Of element i of a run's first value. */
  private long valueAt(int run, int head, int i) {
    return elements.valuesAt(head) + context.start(run) % KvCache.PAGE * valueStep + 4L * i;
  }

  private static FloatVector load(MemorySegment page, long at) {
    return FloatVector.fromMemorySegment(Linear.FLOATS, page, at, ByteOrder.nativeOrder());
  }
}
