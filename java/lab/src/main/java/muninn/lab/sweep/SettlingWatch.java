package muninn.lab.sweep;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import muninn.UserException;
import muninn.engine.Observer;
import muninn.engine.answer.Generation;
import muninn.engine.request.Options;
import muninn.engine.request.Request;

/**
 * Watches plain answers step by step, and sums up how far each step's prediction is from the last
 * one's. Every step passes coda and head for it, and logits come to the host: a handful of prompts
 * is enough.
 */
public final class SettlingWatch {
  private final BiFunction<Request, Observer, Generation> observe;
  private final double passCost;
  private volatile boolean stopped;
  private volatile Generation running;

  /**
   * @param passCost see {@link Settling}
   */
  public SettlingWatch(BiFunction<Request, Observer, Generation> observe, double passCost) {
    this.observe = observe;
    this.passCost = passCost;
  }

  /** Ends it soon. */
  public void stop() {
    stopped = true;
    Generation generation = running;
    if (generation != null) {
      generation.cancel();
    }
  }

  /** One of each temperature of a grid, at its deepest depth; fewer where it was stopped. */
  public List<Settling> watch(Grid grid, List<Prompt> prompts, int maxTokens) {
    List<Prompt> watched = prompts.subList(0, Math.min(grid.watched(), prompts.size()));
    Options options = grid.options().withMaxTokens(maxTokens).withSteps(grid.deepestSteps());
    List<Settling> found = new ArrayList<>();
    for (float temperature : grid.temperatures()) {
      Sums sums = new Sums(options.steps(), temperature);
      for (Prompt prompt : watched) {
        answer(new Request(prompt.tokens(), options.withTemperature(temperature)), sums);
      }
      Settling settling = sums.settling(passCost);
      if (!stopped && settling.knows()) {
        found.add(settling);
      }
    }
    return found;
  }

  private void answer(Request request, Sums sums) {
    if (stopped) {
      return;
    }
    running = observe.apply(request, new Position(request.prompt().length - 1, sums));
    try {
      running.completion().join();
      sums.foresight.ended();
    } catch (CompletionException e) {
      throw e.getCause() instanceof UserException mistake
          ? mistake
          : new IllegalStateException("the engine failed during the sweep", e.getCause());
    } finally {
      running = null;
    }
  }

  /** The position that thinks now, of those that speak. */
  private static final class Position implements Observer {
    private final Sums sums;
    private final List<float[]> logits = new ArrayList<>();
    private int next; // before it all is summed up, though a lost device may begin them again

    Position(int first, Sums sums) {
      next = first;
      this.sums = sums;
    }

    @Override
    public void begins(int position, float[] state) {
      if (position == next) {
        logits.clear();
      }
    }

    @Override
    public void steps(int position, int step, float[] state, float[] said) {
      if (position == next) {
        logits.add(said);
        if (step == sums.steps) {
          sums.add(logits);
          next++;
        }
      }
    }
  }

  /** Sums over positions, by steps − 1. */
  private static final class Sums {
    private final int steps;
    private final float temperature;
    private final float heat;
    private final Foresight.Sums foresight = new Foresight.Sums();
    private int positions;
    private final double[] same;
    private final double[] rejection;
    private final double[] shared;
    private final double[] ranked;
    private final double[] promised;

    Sums(int steps, float temperature) {
      this.steps = steps;
      this.temperature = temperature;
      heat = temperature == 0 ? 1 : temperature;
      same = new double[steps];
      rejection = new double[steps];
      shared = new double[steps];
      ranked = new double[steps];
      promised = new double[steps];
    }

    void add(List<float[]> logits) {
      double[] last = distribution(logits.getLast());
      int[] tokens = new int[steps];
      positions++;
      for (int i = 0; i < steps; i++) {
        double[] guess = distribution(logits.get(i));
        double overlap = Coupling.overlap(guess, last);
        tokens[i] = mostProbable(guess);
        rejection[i] += overlap;
        shared[i] += Coupling.gumbel(guess, last);
        ranked[i] += Coupling.byRank(guess, last);
        promised[i] += overlap / (2 - overlap);
      }
      for (int i = 0; i < steps; i++) {
        same[i] += tokens[i] == tokens[steps - 1] ? 1 : 0;
      }
      foresight.add(tokens);
    }

    private double[] distribution(float[] logits) {
      double largest = Double.NEGATIVE_INFINITY;
      for (float logit : logits) {
        largest = Math.max(largest, logit);
      }
      double[] p = new double[logits.length];
      for (int i = 0; i < p.length; i++) {
        p[i] = Math.exp((logits[i] - largest) / heat);
      }
      double sum = Arrays.stream(p).sum();
      for (int i = 0; i < p.length; i++) {
        p[i] /= sum;
      }
      return p;
    }

    private static int mostProbable(double[] p) {
      int best = 0;
      for (int i = 1; i < p.length; i++) {
        best = p[i] > p[best] ? i : best;
      }
      return best;
    }

    Settling settling(double passCost) {
      return new Settling(
          temperature,
          heat,
          passCost,
          foresight.foresight(),
          IntStream.range(0, steps)
              .mapToObj(
                  i ->
                      new Settling.Depth(
                          i + 1,
                          positions,
                          same[i] / positions,
                          rejection[i] / positions,
                          shared[i] / positions,
                          ranked[i] / positions,
                          promised[i] / positions))
              .toList());
    }
  }
}
