package muninn.lab.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import muninn.engine.Engine;

/**
 * How far the outputs of a model drift when its weights are coded: the same prompts are thought
 * about by two engines, without noise in their initial states, and every position's outputs are
 * held against each other. An error in a core that is applied many times may die out or grow, so it
 * is asked at several depths.
 */
public final class Drift {
  private Drift() {}

  /**
   * At one depth.
   *
   * @param kl mean over positions of the divergence KL(plain ‖ coded) of the next token's
   *     distribution, in nats
   * @param agreement share of positions whose most probable token is the same
   * @param moved mean over prompts of {@code ‖s − s′‖ / ‖s‖} of the last position's latent
   */
  public record At(int steps, double kl, double agreement, double moved) {}

  /**
   * Asks two engines.
   *
   * @param done hears how many questions have been answered
   */
  public static List<At> between(
      Engine plain, Engine coded, List<int[]> prompts, List<Integer> steps, IntConsumer done) {
    List<At> found = new ArrayList<>();
    int asked = 0;
    for (int depth : steps) {
      double kl = 0;
      int same = 0;
      int positions = 0;
      double moved = 0;
      for (int[] prompt : prompts) {
        Engine.Inspection one = plain.inspect(prompt, depth, 0, 0);
        Engine.Inspection other = coded.inspect(prompt, depth, 0, 0);
        for (int p = 0; p < one.logits().size(); p++) {
          kl += divergence(one.logits().get(p), other.logits().get(p));
          same += best(one.logits().get(p)) == best(other.logits().get(p)) ? 1 : 0;
          positions++;
        }
        moved += distance(one.latent(), other.latent());
        done.accept(++asked);
      }
      found.add(new At(depth, kl / positions, (double) same / positions, moved / prompts.size()));
    }
    return found;
  }

  private static double divergence(float[] of, float[] from) {
    double logOf = logSum(of);
    double logFrom = logSum(from);
    double sum = 0;
    for (int i = 0; i < of.length; i++) {
      double log = of[i] - logOf;
      sum += Math.exp(log) * (log - (from[i] - logFrom));
    }
    return Math.max(0, sum); // rounding may leave a little less
  }

  private static double logSum(float[] logits) {
    double most = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - most);
    }
    return most + Math.log(sum);
  }

  private static int best(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  private static double distance(float[] one, float[] other) {
    double apart = 0;
    double length = 0;
    for (int i = 0; i < one.length; i++) {
      apart += Math.pow(one[i] - other[i], 2);
      length += (double) one[i] * one[i];
    }
    return length == 0 ? 0 : Math.sqrt(apart / length);
  }
}
