package muninn.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import muninn.kernels.GateMeasures;
import muninn.kernels.LatentMeasures;
import muninn.kernels.Op;
import muninn.kernels.OutputMeasures;
import muninn.kernels.Reading;

/**
 * What exit rules go by: how far a lane's latent moved, what a trained gate says of it, and how far
 * its prediction moved. Sums are double, since a divergence worth stopping at is a small difference
 * of large numbers.
 */
final class Measures {
  private static final VectorSpecies<Float> FLOATS = Linear.FLOATS;

  // Least share of the largest probability that the min-p filter keeps.
  private static final float MIN_P = 0.1f;

  // What a token costs beside the products, in products, for splitting lanes over threads.
  private static final int TOKEN_PRODUCTS = 32;

  private Measures() {}

  static Reading<LatentMeasures> prepare(Workers workers, Op.LatentLook look) {
    CpuBuffer s = CpuBuffer.of(look.s());
    CpuBuffer before = CpuBuffer.of(look.before());
    return table -> {
      CpuLanes lanes = CpuLanes.of(table);
      LatentMeasures.Result result = latents(workers, lanes, s, before);
      Tokens.move(lanes, s, before);
      return () -> result;
    };
  }

  static Reading<GateMeasures> prepare(Workers workers, Op.GateLook look) {
    CpuBuffer s = CpuBuffer.of(look.s());
    float[] weight = CpuBuffer.of(look.weight()).data();
    float bias = CpuBuffer.of(look.bias()).data()[0];
    return table -> {
      CpuLanes lanes = CpuLanes.of(table);
      float[] result = new float[lanes.size()];
      Linear.split(
          workers,
          lanes.size(),
          s.columns(),
          (from, to) -> {
            for (int m = from; m < to; m++) {
              result[m] = gate(s.data(), s.row(lanes, m), weight, bias);
            }
          });
      return () -> result;
    };
  }

  private static float gate(float[] s, int at, float[] weight, float bias) {
    double sum = bias;
    for (int i = 0; i < weight.length; i++) {
      sum += (double) weight[i] * s[at + i];
    }
    return (float) (1 / (1 + Math.exp(-sum)));
  }

  static Reading<OutputMeasures> prepare(Workers workers, Op.OutputLook look) {
    CpuBuffer logits = CpuBuffer.of(look.logits());
    CpuBuffer before = CpuBuffer.of(look.before());
    return table -> {
      CpuLanes lanes = CpuLanes.of(table);
      OutputMeasures.Result result = outputs(workers, lanes, logits, before);
      Tokens.move(lanes, logits, before);
      return () -> result;
    };
  }

  private static LatentMeasures.Result latents(
      Workers workers, CpuLanes lanes, CpuBuffer s, CpuBuffer previous) {
    int n = lanes.size();
    LatentMeasures.Result result = LatentMeasures.Result.of(n);
    Linear.split(
        workers,
        n,
        s.columns(),
        (from, to) -> {
          for (int m = from; m < to; m++) {
            latent(s, s.row(lanes, m), previous, previous.row(lanes, m), result, m);
          }
        });
    return result;
  }

  private static void latent(
      CpuBuffer s, int at, CpuBuffer previous, int then, LatentMeasures.Result result, int m) {
    double now = 0;
    double before = 0;
    double product = 0;
    double change = 0;
    for (int i = 0; i < s.columns(); i++) {
      double v = s.data()[at + i];
      double p = previous.data()[then + i];
      now += v * v;
      before += p * p;
      product += v * p;
      change += (v - p) * (v - p);
    }
    result.moved()[m] = (float) Math.sqrt(change);
    result.change()[m] = (float) (Math.sqrt(change) / Math.sqrt(now));
    result.cosine()[m] = (float) (1 - product / Math.sqrt(now) / Math.sqrt(before));
  }

  private static OutputMeasures.Result outputs(
      Workers workers, CpuLanes lanes, CpuBuffer logits, CpuBuffer previous) {
    int n = lanes.size();
    int vocabulary = logits.columns();
    OutputMeasures.Result result =
        new OutputMeasures.Result(new float[n], new float[n], new float[n], new int[n]);
    Linear.split(
        workers,
        n,
        (long) vocabulary * TOKEN_PRODUCTS,
        (from, to) -> {
          Softmax p = new Softmax(vocabulary);
          Softmax q = new Softmax(vocabulary);
          for (int m = from; m < to; m++) {
            p.of(previous.data(), previous.row(lanes, m));
            q.of(logits.data(), logits.row(lanes, m));
            result.kl()[m] = (float) p.divergence(q);
            result.minpKl()[m] = (float) p.filteredDivergence(q);
            result.entropy()[m] = (float) q.entropy();
            result.argmax()[m] = q.argmax;
          }
        });
    return result;
  }

  /** A distribution: the softmax of V logits. */
  private static final class Softmax {
    private final int vocabulary;
    private final double logShare; // of one token, were all alike
    private final float[] logits;
    private final float[] e; // e^(logit − max)
    private float max;
    private double sum; // of e
    private double logSum; // of e^logit
    private int argmax;

    Softmax(int vocabulary) {
      this.vocabulary = vocabulary;
      logShare = -Math.log(vocabulary);
      logits = new float[vocabulary];
      e = new float[vocabulary];
    }

    void of(float[] data, int at) {
      System.arraycopy(data, at, logits, 0, vocabulary);
      max = Float.NEGATIVE_INFINITY;
      argmax = -1;
      for (int i = 0; i < vocabulary; i++) {
        if (logits[i] > max) {
          max = logits[i];
          argmax = i;
        }
      }
      for (int i = 0; i < vocabulary; i += FLOATS.length()) {
        VectorMask<Float> inRange = FLOATS.indexInRange(i, vocabulary);
        FloatVector logit = FloatVector.fromArray(FLOATS, logits, i, inRange);
        Maths.exp(logit.sub(max)).intoArray(e, i, inRange);
      }
      sum = 0;
      for (int i = 0; i < vocabulary; i++) {
        sum += e[i];
      }
      logSum = max + Math.log(sum);
    }

    /** The published rule adds 1e-10 to each Q in the logarithm, which is less than 1e-10 · V. */
    double entropy() {
      double mean = 0;
      for (int i = 0; i < vocabulary; i++) {
        mean += (double) e[i] * (logits[i] - max);
      }
      return Math.log(sum) - mean / sum;
    }

    /** {@code KL(this ‖ q)}. */
    double divergence(Softmax q) {
      double mean = 0;
      for (int i = 0; i < vocabulary; i++) {
        mean += (double) e[i] * ((double) logits[i] - q.logits[i]);
      }
      return mean / sum - (logSum - q.logSum);
    }

    /** {@code KL(this ‖ q)} after both passed the min-p filter. */
    double filteredDivergence(Softmax q) {
      double total = 0;
      double otherTotal = 0;
      double mean = 0;
      for (int i = 0; i < vocabulary; i++) {
        double p = filtered(i);
        double log = filteredLog(i);
        total += p;
        otherTotal += q.filtered(i);
        mean += p * (log - q.filteredLog(i));
      }
      return mean / total - (Math.log(total) - Math.log(otherTotal));
    }

    private boolean kept(int i) {
      return !(e[i] < MIN_P); // a NaN is kept, to be seen in the sum
    }

    /** The token's probability after the filter, before all of them are scaled to 1. */
    private double filtered(int i) {
      return kept(i) ? e[i] / sum : 1.0 / vocabulary;
    }

    private double filteredLog(int i) {
      return kept(i) ? logits[i] - logSum : logShare;
    }
  }
}
