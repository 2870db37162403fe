package muninn.kernels.cpu;

import java.util.Arrays;
import java.util.BitSet;
import muninn.kernels.Samples;
import muninn.kernels.SequenceParameters;

/**
 * Draws one token: repetition penalty, temperature, top-k, top-p and min-p, then the arg-max of
 * {@code logit/T + gumbel}, which follows the filtered distribution (Gumbel 1954; Maddison et al.
 * 2014). The noise belongs to (seed, position, token), so a filter that changes nothing about a
 * token changes nothing about its draw.
 */
final class Sampler {
  private final float[] scores;

  private Sampler(int vocabulary) {
    scores = new float[vocabulary];
  }

  /**
   * Draws for every lane, in parallel, and leaves the tokens in {@code sampled} at the lanes' rows.
   *
   * @param logits {@code [≥n, V]}
   */
  static Samples.Result lanes(
      Workers workers, CpuLanes lanes, CpuBuffer logits, CpuSequences sequences, int[] sampled) {
    int n = lanes.size();
    int vocabulary = logits.columns();
    int[] tokens = new int[n];
    float[] logProbs = new float[n];
    int[][] topTokens = new int[n][];
    float[][] topLogProbs = new float[n][];
    Linear.split(
        workers,
        n,
        vocabulary,
        (from, to) -> {
          Sampler sampler = new Sampler(vocabulary);
          for (int m = from; m < to; m++) {
            int sequence = lanes.sequence[m];
            SequenceParameters parameters = sequences.parameters[sequence];
            tokens[m] =
                sampler.draw(
                    logits.data(),
                    logits.row(m),
                    parameters,
                    sequences.history[sequence],
                    lanes.position[m]);
            sampled[lanes.row[m]] = Math.max(0, tokens[m]); // embedded before the host sees −1
            logProbs[m] = Float.NaN;
            topTokens[m] = new int[0];
            topLogProbs[m] = new float[0];
            if (parameters.logProbs() >= 0 && tokens[m] >= 0) {
              LogProbs of = new LogProbs(logits.data(), logits.row(m), vocabulary);
              logProbs[m] = of.of(tokens[m]);
              topTokens[m] = of.top(parameters.logProbs());
              topLogProbs[m] = new float[topTokens[m].length];
              for (int i = 0; i < topTokens[m].length; i++) {
                topLogProbs[m][i] = of.of(topTokens[m][i]);
              }
            }
          }
        });
    return new Samples.Result(tokens, logProbs, topTokens, topLogProbs);
  }

  /**
   * @param logits V of them at {@code at}
   * @param history token ids up to the lane's position, that included
   * @return the token, or −1 where the logits are not numbers
   */
  private int draw(
      float[] logits, int at, SequenceParameters parameters, int[] history, int position) {
    System.arraycopy(logits, at, scores, 0, scores.length);
    penalise(parameters.repetitionPenalty(), history, position);
    int largest = greedy();
    if (parameters.temperature() == 0 || largest < 0) {
      return largest;
    }
    heat(scores[largest], parameters.temperature());
    float least = Float.NEGATIVE_INFINITY;
    if (parameters.topK() > 0 && parameters.topK() < scores.length) {
      least = kthLargest(parameters.topK());
    }
    if (parameters.topP() < 1) {
      least = nucleus(parameters.topP(), least);
    }
    if (parameters.minP() > 0) {
      least = Math.max(least, (float) Math.log(parameters.minP()));
    }
    return perturbed(parameters.seed(), position, least);
  }

  /**
   * Keskar et al. 2019 (CTRL): what was said becomes less likely, once however often it was said.
   */
  private void penalise(float penalty, int[] history, int position) {
    if (penalty == 1) {
      return;
    }
    BitSet said = new BitSet(scores.length);
    for (int p = 0; p <= position; p++) {
      int token = history[p];
      if (!said.get(token)) {
        said.set(token);
        scores[token] = scores[token] > 0 ? scores[token] / penalty : scores[token] * penalty;
      }
    }
  }

  /** The first of the largest, or −1 where none is a number. */
  private int greedy() {
    int best = -1;
    float bestScore = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] > bestScore) {
        bestScore = scores[i];
        best = i;
      }
    }
    return best;
  }

  /**
   * {@code (score − max) / temperature}: the largest becomes 0 and the others stay apart from it,
   * however small the temperature; dividing alone would send several to infinity.
   */
  private void heat(float max, float temperature) {
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (scores[i] - max) / temperature;
    }
  }

  private float kthLargest(int k) {
    float[] sorted = scores.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length - k];
  }

  /**
   * The smallest score of the nucleus (Holtzman et al. 2020): the fewest tokens, most probable
   * first, that hold this share of the probability of all those not below {@code least}. Equal
   * scores stay together.
   */
  private float nucleus(float share, float least) {
    float[] kept = new float[scores.length];
    int count = 0;
    for (float score : scores) {
      if (score >= least) {
        kept[count++] = score;
      }
    }
    Arrays.sort(kept, 0, count);
    double total = 0;
    for (int i = count - 1; i >= 0; i--) {
      total += Maths.exp(kept[i]);
    }
    double sum = 0;
    for (int i = count - 1; i >= 0; i--) {
      sum += Maths.exp(kept[i]);
      if (sum >= share * total) {
        return kept[i];
      }
    }
    return least;
  }

  private int perturbed(long seed, int position, float least) {
    int best = -1;
    float bestScore = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < scores.length; i++) {
      // Most tokens cannot win whatever their noise: that saves drawing it.
      if (scores[i] >= least && scores[i] + Philox.LARGEST_GUMBEL > bestScore) {
        float score = scores[i] + Philox.gumbel(seed, position, i);
        if (score > bestScore) {
          best = i;
          bestScore = score;
        }
      }
    }
    return best;
  }
}
