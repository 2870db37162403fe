package muninn.lab.trace;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import muninn.UserException;
import muninn.engine.Engine;
import muninn.engine.Generation;
import muninn.engine.Observer;
import muninn.engine.Options;
import muninn.engine.Request;

/**
 * What the last position of a prompt thought: one trajectory of a {@link Trace}, for a reader who
 * waits. The request is asked once, and of all other positions nothing is kept.
 *
 * @param trajectory the position's way
 * @param principal the two directions in which its latents differ most, fewer where they span none
 */
public record Thought(Trajectory trajectory, Principal principal) {
  private static final int DIRECTIONS = 2;

  /**
   * What is watched.
   *
   * @param prompt token ids, of which the last holds the position
   * @param steps recurrence steps of every position, at least 1
   * @param initScale scale of the states that thinking starts from
   * @param seed of these
   */
  public record Question(int[] prompt, int steps, float initScale, long seed) {

    private Request request() {
      return new Request(
          prompt,
          Options.DEFAULT
              .withSteps(steps)
              .withMaxTokens(1)
              .withSeed(seed)
              .withInitScale(initScale)
              .withIgnoreEos(true));
    }
  }

  /**
   * Asks an engine, and waits.
   *
   * @param begun is given the request under way, which may be cancelled
   * @throws muninn.UserException when it cannot be asked
   * @throws CancellationException when it was cancelled
   */
  public static Thought of(Engine engine, Question question, Consumer<Generation> begun) {
    Kept kept = new Kept(question.prompt.length - 1);
    try {
      Generation generation = engine.observe(question.request(), kept);
      begun.accept(generation);
      generation.completion().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof UserException mistake
          ? mistake
          : new IllegalStateException("the engine failed during the trace", e.getCause());
    }
    return kept.thought(question);
  }

  /** Where its latents lie in the principal directions: {@code [steps + 1][2]}. */
  public List<double[]> path() {
    List<double[]> path = new ArrayList<>();
    for (int j = 0; j <= trajectory.steps(); j++) {
      double[] place = principal.place(trajectory.state(j));
      path.add(Arrays.copyOf(place, DIRECTIONS)); // a direction they do not span is 0
    }
    return path;
  }

  /** How much of the latents' variance lies in a direction, from 0 to 1. */
  public double share(int direction) {
    return direction < principal.size() ? principal.share(direction) : 0;
  }

  /** Latents and logits of one position. */
  private static final class Kept implements Observer {
    private final int position;
    private final List<float[]> states = new ArrayList<>();
    private final List<float[]> logits = new ArrayList<>();

    Kept(int position) {
      this.position = position;
    }

    @Override
    public void begins(int at, float[] state) {
      if (at == position) {
        states.clear(); // a device may be lost, and another one begin again
        logits.clear();
        states.add(state);
      }
    }

    @Override
    public void steps(int at, int step, float[] state, float[] said) {
      if (at == position) {
        states.add(state);
        logits.add(said);
      }
    }

    Thought thought(Question question) {
      if (logits.size() < question.steps) {
        throw new CancellationException("the trace was cancelled");
      }
      Distribution deepest = Distribution.of(logits.getLast());
      StateRecorder recorder =
          new StateRecorder(question.steps, Map.of(position, deepest), () -> {});
      recorder.begins(position, states.getFirst());
      for (int j = 1; j <= question.steps; j++) {
        recorder.steps(position, j, states.get(j), logits.get(j - 1));
      }
      int token = question.prompt[position];
      Trajectory way = new Trajectory(position, token, true, recorder.notes().get(position));
      return new Thought(way, Principal.of(List.of(way), DIRECTIONS));
    }
  }
}
