package muninn.kernels.cpu;

import muninn.kernels.KvCache;

/** The same as {@link VectorAttention} by {@link Plain} loops, one query after the other. */
final class PlainAttention implements Attention.Pass {
  private final CpuKvCache cache;
  private final Context context;
  private final float[] scores;

  PlainAttention(CpuKvCache cache, Context context) {
    this.cache = cache;
    this.context = context;
    scores = new float[(context.runs() + 1) * KvCache.PAGE];
  }

  @Override
  public void attend(int head, Attention.Queries queries, float[] q, float[] out) {
    int width = cache.headWidth();
    for (int h = 0; h < queries.count; h++) {
      int at = queries.first + h * queries.step;
      Plain.scores(context, cache.elements, width, head, q, at, scores);
      context.gather(context.runs(), scores);
      float scale = 1 / Plain.softmax(scores, queries.seen[h]);
      Plain.values(context, cache.elements, width, head, scores, scale, out, at);
    }
  }
}
