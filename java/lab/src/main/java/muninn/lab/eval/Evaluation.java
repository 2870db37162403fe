package muninn.lab.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import muninn.Progress;
import muninn.engine.answer.Completion;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Pump;
import muninn.engine.request.Options;
import muninn.engine.request.Request;

/**
 * How often a model answers exactly right, by how long it may think. Every task is asked greedily
 * at each depth, all tasks of a depth in one batch; an answer counts when it equals the expected
 * text and the model ended it itself.
 */
public final class Evaluation {
  /**
   * Room beyond the longest right answer, so that a model that rambles on is not cut into being
   * right.
   */
  private static final int SPARE_TOKENS = 4;

  private final Function<String, int[]> encode;
  private final Function<Request, Generation> submit;
  private final int inFlight;

  /**
   * An evaluation of one model.
   *
   * @param encode the ids of a prompt to be continued
   * @param inFlight most requests handed over and not yet answered
   */
  public Evaluation(
      Function<String, int[]> encode, Function<Request, Generation> submit, int inFlight) {
    this.encode = encode;
    this.submit = submit;
    this.inFlight = inFlight;
  }

  /** The result at one depth; kinds in alphabetical order. */
  public record Depth(int steps, Score all, Map<String, Score> kinds, long tokens, long nanos) {}

  /** Asks all tasks at every depth, in the order given. */
  public List<Depth> run(
      List<Task> tasks, List<Integer> steps, float initScale, long seed, Progress.Display display) {
    List<Depth> depths = new ArrayList<>();
    int maxTokens = longestAnswer(tasks) + SPARE_TOKENS;
    Options options =
        Options.DEFAULT.withMaxTokens(maxTokens).withSeed(seed).withInitScale(initScale);
    for (int depth : steps) {
      Function<Task, Request> request =
          task -> new Request(encode.apply(task.prompt()), options.withSteps(depth));
      // One at a time: deeper ones take longer, so what is left of all cannot be told from these.
      String label =
          String.format(
              Locale.ROOT, "%d steps (depth %d of %d)", depth, depths.size() + 1, steps.size());
      try (Progress progress = display.start(label, 0, tasks.size())) {
        depths.add(ask(tasks, request, depth, new DepthTally(progress)));
      }
    }
    return depths;
  }

  private Depth ask(
      List<Task> tasks, Function<Task, Request> request, int steps, DepthTally tally) {
    long start = System.nanoTime();
    try (Pump<Task, Completion> pump =
        new Pump<>(
            tasks.iterator(),
            inFlight,
            Pump.Order.AS_ENDED,
            task -> submit.apply(request.apply(task)))) {
      pump.forEachRemaining(tally::count);
    }
    return new Depth(steps, tally.all, tally.kinds, tally.tokens, System.nanoTime() - start);
  }

  /**
   * Tokens of the longest right answer; the begin token that a prompt may get does no harm here.
   */
  private int longestAnswer(List<Task> tasks) {
    return tasks.stream().mapToInt(task -> encode.apply(task.answer()).length).max().orElse(0);
  }

  /** The counts of one depth. */
  private static final class DepthTally {
    private final Progress progress;
    private final Map<String, Score> kinds = new TreeMap<>();
    private Score all = new Score(0, 0);
    private long tokens;

    DepthTally(Progress progress) {
      this.progress = progress;
    }

    void count(Pump.Outcome<Task, Completion> outcome) {
      if (outcome.failure() != null) {
        throw new IllegalStateException(
            "the engine failed during the evaluation", outcome.failure());
      }
      Task task = outcome.job();
      Completion completion = outcome.answer();
      boolean right =
          completion.finishReason() == FinishReason.STOP && completion.text().equals(task.answer());
      all = all.plus(right);
      kinds.merge(task.kind(), new Score(0, 0).plus(right), (score, _) -> score.plus(right));
      tokens += completion.tokens().size();
      progress.at(all.total(), tokens);
    }
  }
}
