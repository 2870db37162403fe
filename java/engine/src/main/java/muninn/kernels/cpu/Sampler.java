package muninn.kernels.cpu;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import muninn.kernels.LogProbs;
import muninn.kernels.Op;
import muninn.kernels.Reading;
import muninn.kernels.Samples;
import muninn.kernels.SequenceParameters;

/**
 * Draws one token: biases, repetition, frequency and presence penalties, temperature, top-k, top-p
 * and min-p, then the arg-max of {@code logit/T + gumbel}, which follows the filtered distribution
 * (Gumbel 1954; Maddison et al. 2014). The noise belongs to (seed, position, token), so a filter
 * that changes nothing about a token changes nothing about its draw.
 */
final class Sampler {
  private final float[] scores; // logits, and what becomes of them
  private final Selection selection = new Selection();

  private Sampler(int vocabulary) {
    scores = new float[vocabulary];
  }

  static Reading<Samples> prepare(Workers workers, Op.Draw draw) {
    CpuBuffer logits = CpuBuffer.of(draw.logits());
    CpuSequences sequences = CpuSequences.of(draw.sequences());
    int[] sampled = CpuSampled.of(draw.sampled()).tokens();
    return lanes -> {
      Samples.Result result = lanes(workers, CpuLanes.of(lanes), logits, sequences, sampled);
      return () -> result;
    };
  }

  /**
   * Draws for every lane, in parallel, and leaves the tokens in {@code sampled} at the lanes' rows.
   *
   * @param logits {@code [≥n, V]}, or by row
   */
  private static Samples.Result lanes(
      Workers workers, CpuLanes lanes, CpuBuffer logits, CpuSequences sequences, int[] sampled) {
    int n = lanes.size();
    int vocabulary = logits.columns();
    Samples.Result result =
        new Samples.Result(new int[n], new float[n], new int[n][], new float[n][]);
    int[] tokens = result.tokens();
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
                    logits.row(lanes, m),
                    parameters,
                    sequences.history[sequence],
                    lanes.position[m]);
            sampled[lanes.row[m]] = Math.max(0, tokens[m]); // embedded before the host sees −1
            result.logProbs()[m] = Float.NaN;
            result.topTokens()[m] = new int[0];
            result.topLogProbs()[m] = new float[0];
            if (parameters.logProbs() >= 0 && tokens[m] >= 0) {
              sampler.report(logits.data(), logits.row(lanes, m), parameters.logProbs(), result, m);
            }
          }
        });
    return result;
  }

  /**
   * @param logits V of them at {@code at}
   * @param history token ids up to the lane's position, that included
   * @return the token, or −1 where one of the logits is not a number
   */
  private int draw(
      float[] logits, int at, SequenceParameters parameters, int[] history, int position) {
    System.arraycopy(logits, at, scores, 0, scores.length);
    parameters.logitBias().forEach((token, bias) -> scores[token] += bias);
    penalise(parameters.repetitionPenalty(), history, position);
    penaliseGenerated(parameters, history, position);
    int largest = greedy();
    if (parameters.temperature() == 0 || largest < 0) {
      return largest;
    }
    Heat heat = new Heat(scores[largest], parameters.temperature());
    float least = Float.NEGATIVE_INFINITY;
    if (parameters.topK() > 0 && parameters.topK() < scores.length) {
      least = kthLargest(scores, 0, parameters.topK());
    }
    if (parameters.topP() < 1) {
      least = nucleus(heat, parameters.topP(), least);
    }
    float leastScore = Float.NEGATIVE_INFINITY;
    if (parameters.minP() > 0) {
      leastScore = (float) Maths.log(parameters.minP());
    }
    return perturbed(heat, parameters.seed(), position, least, leastScore);
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

  /** What was generated becomes less likely: by its presence, and by how often it was (OpenAI). */
  private void penaliseGenerated(SequenceParameters parameters, int[] history, int position) {
    float presence = parameters.presencePenalty();
    float frequency = parameters.frequencyPenalty();
    if (presence == 0 && frequency == 0) {
      return;
    }
    Map<Integer, Integer> counts = new HashMap<>();
    for (int p = parameters.generatedFrom(); p <= position; p++) {
      counts.merge(history[p], 1, Integer::sum);
    }
    counts.forEach((token, count) -> scores[token] = scores[token] - frequency * count - presence);
  }

  /**
   * The first of the largest, or −1 where one is not a number below infinity: what else the row
   * says is not to be believed then. Nor is there one where all are infinitely small.
   */
  private int greedy() {
    int best = -1;
    float bestScore = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < scores.length; i++) {
      if (!(scores[i] < Float.POSITIVE_INFINITY)) {
        return -1;
      }
      if (scores[i] > bestScore) {
        bestScore = scores[i];
        best = i;
      }
    }
    return best;
  }

  /**
   * The score of a logit: the largest becomes 0 and the others stay apart from it, however small
   * the temperature; dividing alone would send several to infinity.
   */
  private record Heat(float largest, float temperature) {
    float score(float logit) {
      return (logit - largest) / temperature;
    }
  }

  /** Of the numbers; the smallest where there are fewer. */
  private float kthLargest(float[] logits, int at, int k) {
    return selection.of(logits, at, scores.length, logit -> Float.isNaN(logit) ? 0 : 1, total -> k);
  }

  /**
   * The smallest logit of the nucleus (Holtzman et al. 2020): the fewest tokens, most probable
   * first, that hold this share of the probability of all those not below {@code least}. Equal ones
   * stay together. Probabilities are added up in fixed point, {@link LogProbs#mass}: a float's sum
   * depends on its order, which no two devices share, and the last bit of it would now and then
   * decide about the last token of the nucleus.
   */
  private float nucleus(Heat heat, float share, float least) {
    return selection.of(
        scores,
        0,
        scores.length,
        logit -> logit >= least ? LogProbs.mass(Maths.exp(heat.score(logit))) : 0,
        total -> Math.max(1, (long) Math.ceil((double) share * total)));
  }

  private int perturbed(Heat heat, long seed, int position, float least, float leastScore) {
    int best = -1;
    float bestScore = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < scores.length; i++) {
      float score = heat.score(scores[i]);
      // Most tokens cannot win whatever their noise: that saves drawing it.
      if (scores[i] >= least && score >= leastScore && score + Philox.LARGEST_GUMBEL > bestScore) {
        score += Philox.gumbel(seed, position, i);
        if (score > bestScore) {
          best = i;
          bestScore = score;
        }
      }
    }
    return best;
  }

  /** Log-probabilities of the token drawn, and of as many of the most probable ones. */
  private void report(float[] logits, int at, int count, Samples.Result result, int lane) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = at; i < at + scores.length; i++) {
      largest = logits[i] > largest ? logits[i] : largest; // not max, which NaN wins
    }
    long mass = 0;
    for (int i = at; i < at + scores.length; i++) {
      mass += LogProbs.mass(Maths.exp(logits[i] - largest));
    }
    LogProbs of = new LogProbs(largest, mass);
    result.logProbs()[lane] = of.of(logits[at + result.tokens()[lane]]);
    if (count > 0) {
      of.put(mostProbable(logits, at, count), result, lane);
    }
  }

  /** The most probable tokens, the lower id first among equals. */
  private long[] mostProbable(float[] logits, int at, int count) {
    float least = kthLargest(logits, at, count);
    return IntStream.range(0, scores.length)
        .filter(i -> logits[at + i] >= least)
        .mapToLong(i -> LogProbs.ranked(logits[at + i], i))
        .sorted()
        .limit(count)
        .toArray();
  }
}
