package muninn.kernels.cpu;

import java.util.Arrays;
import muninn.kernels.KvCache;

/**
 * What {@link Linear}, {@link Attention} and {@link Maths} do with vectors, as plain loops over
 * arrays: the same sums in the same order, so the same to the bit. See {@link ColdStart}.
 */
final class Plain {
  private static final int PANEL = Linear.PANEL;
  private static final int PAGE = KvCache.PAGE;

  private Plain() {}

  /** Products of a panel's rows with some lanes; see {@link Linear.Epilogue}. */
  static void tile(float[] w, int columns, CpuBuffer x, int lane, int lanes, float[] products) {
    Arrays.fill(products, 0, lanes * PANEL, 0);
    for (int i = 0; i < columns; i++) {
      for (int m = 0; m < lanes; m++) {
        add(w, i * PANEL, x.data()[x.row(lane + m) + i], products, m * PANEL, PANEL);
      }
    }
  }

  /** Adds n elements times a factor to as many sums. */
  static void add(float[] of, int at, float factor, float[] sums, int to, int n) {
    for (int i = 0; i < n; i++) {
      sums[to + i] = Math.fma(of[at + i], factor, sums[to + i]);
    }
  }

  /** Scores of a context's positions, those of run r at {@code 16 · r}. */
  static void scores(
      Context context,
      KvElements elements,
      int width,
      int head,
      float[] query,
      int from,
      float[] scores) {
    float scale = (float) (1 / Math.sqrt(width));
    float[] keys = new float[width * PAGE];
    for (int run = 0; run < context.runs(); run++) {
      int to = run * PAGE;
      elements.readKeys(context.page(run), head, keys);
      Arrays.fill(scores, to, to + PAGE, 0);
      for (int i = 0; i < width; i++) {
        add(keys, i * PAGE, query[from + i], scores, to, PAGE);
      }
      for (int p = to; p < to + PAGE; p++) {
        scores[p] *= scale;
      }
    }
  }

  /** {@code scale} times the sum of a context's values, each times its weight. */
  static void values(
      Context context,
      KvElements elements,
      int width,
      int head,
      float[] weights,
      float scale,
      float[] out,
      int to) {
    int pitch = KvElements.pitch(width);
    float[] values = new float[PAGE * pitch];
    Arrays.fill(out, to, to + width, 0);
    for (int run = 0; run < context.runs(); run++) {
      elements.readValues(context.page(run), head, values);
      for (int p = context.start(run); p < context.end(run); p++) {
        add(values, p % PAGE * pitch, weights[p], out, to, width);
      }
    }
    for (int i = to; i < to + width; i++) {
      out[i] *= scale;
    }
  }

  /** As {@link Maths#silu}. */
  static void silu(float[] gateUp, int from, int n, float[] out, int to) {
    for (int i = from; i < from + n; i++) {
      out[to + i - from] = gateUp[i] / (Maths.exp(-gateUp[i]) + 1f) * gateUp[i + n];
    }
  }

  /** As {@link Maths#softmax}. */
  static float softmax(float[] scores, int n) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, scores[i]);
    }
    float sum = 0;
    for (int i = 0; i < n; i++) {
      scores[i] = Maths.exp(scores[i] - max);
      sum += scores[i];
    }
    return sum;
  }
}
