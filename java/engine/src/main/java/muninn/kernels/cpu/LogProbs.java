package muninn.kernels.cpu;

/** Natural-log probabilities under the untouched logits. */
final class LogProbs {
  private final float[] logits;
  private final int at;
  private final int vocabulary;
  private final double logSum;

  LogProbs(float[] logits, int at, int vocabulary) {
    this.logits = logits;
    this.at = at;
    this.vocabulary = vocabulary;
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < vocabulary; i++) {
      max = Math.max(max, logits[at + i]);
    }
    double sum = 0;
    for (int i = 0; i < vocabulary; i++) {
      sum += Maths.exp(logits[at + i] - max);
    }
    logSum = max + Math.log(sum);
  }

  float of(int token) {
    return (float) (logits[at + token] - logSum);
  }

  /** The most probable ids, most probable first, the lower id first among equals. */
  int[] top(int count) {
    int[] best = new int[Math.min(count, vocabulary)];
    int filled = 0;
    for (int i = 0; i < vocabulary; i++) {
      int place = filled;
      while (place > 0 && logits[at + i] > logits[at + best[place - 1]]) {
        place--;
      }
      if (place < best.length) {
        int moved = Math.min(filled, best.length - 1);
        System.arraycopy(best, place, best, place + 1, moved - place);
        best[place] = i;
        filled = Math.min(filled + 1, best.length);
      }
    }
    return best;
  }
}
