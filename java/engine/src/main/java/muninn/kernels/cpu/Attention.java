package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Op;

/**
 * Causal softmax attention of one lane and one head over a paged cache: scores of all positions,
 * softmax with the maximum taken off, weighted sum of values. Scores are summed over the head's
 * elements in order and values over the positions in order, so a lane's result depends on its
 * sequence alone. Heads of queries that share keys and values, or else lanes that follow one
 * another in a prompt, pass over them together, four at a time.
 *
 * <p>It goes through the pages once for the scores and once for the values, whatever their format,
 * and sees float32 ({@link KvElements}).
 */
final class Attention {
  /** Queries that pass over keys and values together: as many as registers suffice for. */
  private static final int TOGETHER = 4;

  // From one element of 16 positions' keys to the next, in bytes.
  private static final long KEY_STEP = 4L * KvCache.PAGE;

  private final Workers workers;
  private final CpuBuffer q; // [≥n, H·D]
  private final CpuSequences sequences;
  private final CpuKvCache cache;
  private final KvElements elements;
  private final KvSlot slot;
  private final CpuBuffer out; // [≥n, H·D]
  private final int width; // D
  private final int sharing; // heads of queries for each of keys and values
  private final int pitch; // D, in whole pairs of vectors
  private final long valueStep; // from a position's value to the next one's, in bytes

  /** What a thread needs for queries that pass over keys and values together. */
  private static final class Scratch {
    final KvElements.Room room;
    final int[] queries = new int[TOGETHER]; // where they begin
    final int[] positions = new int[TOGETHER]; // that each sees
    final float[] sums; // of values, by query
    final float[] scales = new float[TOGETHER];
    final MemorySegment[] pages = new MemorySegment[KvElements.TOGETHER];

    Scratch(KvElements.Room room, int pitch) {
      this.room = room;
      sums = new float[TOGETHER * pitch];
    }

    void take(int query, int at, int seen) {
      queries[query] = at;
      positions[query] = seen;
    }
  }

  private Attention(Workers workers, Op.Attend op) {
    this.workers = workers;
    q = CpuBuffer.of(op.q());
    sequences = CpuSequences.of(op.sequences());
    cache = CpuKvCache.of(op.cache());
    elements = cache.elements;
    slot = op.slot();
    out = CpuBuffer.of(op.out());
    width = cache.headWidth();
    sharing = q.columns() / (cache.heads() * width);
    pitch = KvElements.pitch(width);
    valueStep = (long) Float.BYTES * pitch;
  }

  static Step prepare(Workers workers, Op.Attend op) {
    return new Attention(workers, op)::lanes;
  }

  /** All heads of all lanes, in parallel. */
  private void lanes(CpuLanes lanes) {
    int heads = cache.heads();
    long keys = 0;
    for (int m = 0; m < lanes.size(); m++) {
      keys += lanes.position[m] + 1;
    }
    boolean plain = workers.plain(2L * sharing * keys * width * heads);
    int[] firsts = sharing == 1 && !plain ? neighbours(lanes) : each(lanes);
    int groups = firsts.length - 1;
    Linear.split(
        workers,
        groups * heads,
        2L * sharing * keys * width / Math.max(1, groups),
        (from, to) -> {
          Context context = null;
          float[][] scores = null;
          Scratch scratch = new Scratch(cache.room(), pitch);
          for (int task = from; task < to; task++) {
            int m = firsts[task / heads];
            int count = firsts[task / heads + 1] - m;
            int head = task % heads;
            if (head == 0 || task == from) {
              context = new Context(sequences, lanes, m + count - 1, slot, cache);
              scores = new float[TOGETHER][(context.runs() + 1) * KvCache.PAGE];
            }
            if (count > 1) {
              for (int h = 0; h < count; h++) {
                scratch.take(h, q.row(m + h) + head * width, lanes.position[m + h] + 1);
              }
              together(context, head, count, scores, scratch);
              continue;
            }
            int positions = lanes.position[m] + 1;
            for (int first = 0; first < sharing; first += TOGETHER) {
              int some = Math.min(TOGETHER, sharing - first);
              if (plain) {
                plain(context, m, positions, head, first, some, scores[0]);
                continue;
              }
              for (int h = 0; h < some; h++) {
                scratch.take(h, q.row(m) + (head * sharing + first + h) * width, positions);
              }
              together(context, head, some, scores, scratch);
            }
          }
        });
  }

  /** Groups of one lane each; of a group its first lane, and behind the last where lanes end. */
  private static int[] each(CpuLanes lanes) {
    return IntStream.rangeClosed(0, lanes.size()).toArray();
  }

  /**
   * Groups of up to {@link #TOGETHER} lanes that follow one another in a sequence, as those of a
   * prompt do: the last one's context begins with that of each.
   */
  private static int[] neighbours(CpuLanes lanes) {
    int[] firsts = new int[lanes.size() + 1];
    int groups = 0;
    for (int m = 0; m < lanes.size(); m++) {
      boolean follows =
          m > 0
              && m - firsts[groups - 1] < TOGETHER
              && lanes.sequence[m] == lanes.sequence[m - 1]
              && lanes.group[m] == lanes.group[m - 1]
              && lanes.position[m] > lanes.position[m - 1];
      if (!follows) {
        firsts[groups++] = m;
      }
    }
    firsts[groups] = lanes.size();
    return Arrays.copyOf(firsts, groups + 1);
  }

  /** The same as {@link #together}, one after the other. */
  private void plain(
      Context context, int m, int positions, int head, int first, int count, float[] scores) {
    for (int h = first; h < first + count; h++) {
      int at = (head * sharing + h) * width;
      Plain.scores(context, elements, width, head, q.data(), q.row(m) + at, scores);
      gather(context, scores);
      float scale = 1 / Plain.softmax(scores, positions);
      Plain.values(context, elements, width, head, scores, scale, out.data(), out.row(m) + at);
    }
  }

  /**
   * Some queries that pass over one head of keys and values, of neighbours in a context or of heads
   * that share it, as {@link Scratch#take} was told.
   *
   * @param context of the one that sees the most positions
   */
  private void together(Context context, int head, int count, float[][] scores, Scratch scratch) {
    if (count == 1) {
      scores(context, scratch.queries[0], head, scores[0], scratch.room);
    } else {
      scoresTogether(context, scratch.queries, head, count, scores, scratch.room);
    }
    float[] sums = scratch.sums;
    float[] scales = scratch.scales;
    for (int h = 0; h < count; h++) {
      gather(context, scores[h]);
      int positions = scratch.positions[h];
      scales[h] = 1 / Maths.softmax(scores[h], positions);
      Arrays.fill(scores[h], positions, context.end(context.runs() - 1), 0); // others see these
    }
    Arrays.fill(sums, 0);
    if (count == 1) {
      values(context, head, scores[0], scratch);
    } else {
      valuesTogether(context, head, count, scores, scratch);
    }
    for (int h = 0; h < count; h++) {
      int to = scratch.queries[h]; // results lie as queries do
      for (int i = 0; i < width; i++) {
        out.data()[to + i] = sums[h * pitch + i] * scales[h];
      }
    }
  }

  /**
   * {@code q · k[p] / √D} of all positions p of each run's page, the scores of run r at {@code 16 ·
   * r}, two runs at once, for two chains of multiply-adds hide each other's latency; what stands
   * beside a run's own positions is noise.
   *
   * @param from where the head's D elements of the query are
   * @param scores room for an even number of runs
   */
  private void scores(Context context, int from, int head, float[] scores, KvElements.Room room) {
    float[] query = q.data();
    float scale = (float) (1 / Math.sqrt(width));
    for (int run = 0; run < context.runs(); run += 2) {
      MemorySegment one = elements.keys(context.page(run), head, room.page(0));
      MemorySegment two = one;
      if (run + 1 < context.runs()) {
        two = elements.keys(context.page(run + 1), head, room.page(1));
      }
      for (int p = 0; p < KvCache.PAGE; p += Linear.WIDTH) {
        FloatVector first = FloatVector.zero(Linear.FLOATS);
        FloatVector second = first;
        long at = elements.keysAt(head) + 4L * p;
        for (int i = 0; i < width; i++, at += KEY_STEP) {
          FloatVector element = FloatVector.broadcast(Linear.FLOATS, query[from + i]);
          first = load(one, at).fma(element, first);
          second = load(two, at).fma(element, second);
        }
        first.mul(scale).intoArray(scores, run * KvCache.PAGE + p);
        second.mul(scale).intoArray(scores, (run + 1) * KvCache.PAGE + p);
      }
    }
  }

  /** The same for two to four queries, each key loaded once; fewer than four repeat the last. */
  private void scoresTogether(
      Context context, int[] from, int head, int count, float[][] scores, KvElements.Room room) {
    float[] query = q.data();
    float scale = (float) (1 / Math.sqrt(width));
    int two = Math.min(2, count - 1);
    int three = count - 1;
    int from0 = from[0];
    int from1 = from[1];
    int from2 = from[two];
    int from3 = from[three];
    for (int run = 0; run < context.runs(); run++) {
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

  /** {@code sums += Σ weights[p] · v[p]}, some pages at a time, two vectors of elements at once. */
  private void values(Context context, int head, float[] weights, Scratch scratch) {
    MemorySegment[] pages = scratch.pages;
    float[] sums = scratch.sums;
    for (int run = 0; run < context.runs(); run += pages.length) {
      int end = decode(context, run, head, scratch);
      for (int i = 0; i < pitch; i += Linear.PANEL) {
        FloatVector first = FloatVector.fromArray(Linear.FLOATS, sums, i);
        FloatVector second = FloatVector.fromArray(Linear.FLOATS, sums, i + Linear.WIDTH);
        for (int r = run; r < end; r++) {
          MemorySegment page = pages[r - run];
          long at = valueAt(context, r, head, i);
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
  private void valuesTogether(
      Context context, int head, int count, float[][] weights, Scratch scratch) {
    int two = Math.min(2, count - 1);
    int three = count - 1;
    MemorySegment[] pages = scratch.pages;
    float[] sums = scratch.sums;
    for (int run = 0; run < context.runs(); run += pages.length) {
      int end = decode(context, run, head, scratch);
      for (int i = 0; i < width; i += Linear.WIDTH) {
        FloatVector v0 = FloatVector.fromArray(Linear.FLOATS, sums, i);
        FloatVector v1 = FloatVector.fromArray(Linear.FLOATS, sums, pitch + i);
        FloatVector v2 = FloatVector.fromArray(Linear.FLOATS, sums, two * pitch + i);
        FloatVector v3 = FloatVector.fromArray(Linear.FLOATS, sums, three * pitch + i);
        for (int r = run; r < end; r++) {
          MemorySegment page = pages[r - run];
          long at = valueAt(context, r, head, i);
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
  private int decode(Context context, int run, int head, Scratch scratch) {
    int count = Math.min(scratch.pages.length, context.runs() - run);
    for (int i = 0; i < count; i++) {
      scratch.pages[i] = elements.values(context.page(run + i), head, scratch.room.page(i));
    }
    return run + count;
  }

  /** Of element i of a run's first value. */
  private long valueAt(Context context, int run, int head, int i) {
    return elements.valuesAt(head) + context.start(run) % KvCache.PAGE * valueStep + 4L * i;
  }

  private static FloatVector load(MemorySegment page, long at) {
    return FloatVector.fromMemorySegment(Linear.FLOATS, page, at, ByteOrder.nativeOrder());
  }
}
