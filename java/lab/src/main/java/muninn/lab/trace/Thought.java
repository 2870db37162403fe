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
import muninn.engine.Observer;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.request.Options;
import muninn.engine.request.Request;

/**
 * What one position of a request thought: one trajectory of a {@link Trace}, for a reader who
 * waits. It thinks again as it did in the request; of all other positions nothing is kept, and no
 * step of theirs is spoken.
 *
 * @param trajectory the position's way
 * @param principal the two directions in which its latents differ most, fewer where they span none
 */
public record Thought(Trajectory trajectory, Principal principal) {
  private static final int DIRECTIONS = 2;

  /**
   * What is watched.
   *
   * @param prompt token ids
   * @param said tokens of the answer that come before the position, and its own; none where it is
   *     the prompt's
   * @param options as the answer had them: how deep and how its positions think, and from where
   */
  public record Question(int[] prompt, int[] said, int position, Options options) {

    /** A position of a prompt or of what was said after it; behind it nothing was. */
    public static Question at(int position, int[] prompt, int[] said, Options options) {
      int spoken = position + 1 - prompt.length;
      if (spoken > 0) {
        return new Question(prompt, Arrays.copyOf(said, spoken), position, options);
      }
      boolean leaves = options.thinking().exit().prompt(); // with the prompt's last position
      int[] until = leaves ? prompt : Arrays.copyOf(prompt, position + 1);
      return new Question(until, new int[0], position, options);
    }

    private Request request() {
      return new Request(
          prompt,
          Options.DEFAULT
              .withSteps(options.steps())
              .withMaxTokens(said.length + 1)
              .withSeed(options.sampling().seed())
              .withInitScale(options.initScale())
              .withThinking(options.thinking())
              .withIgnoreEos(true));
    }

    private int token() {
      return position < prompt.length ? prompt[position] : said[said.length - 1];
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
    Kept kept = new Kept(question.position);
    try {
      Generation generation =
          engine.observe(question.request(), question.said, question.position, kept);
      begun.accept(generation);
      if (generation.completion().join().finishReason() == FinishReason.CANCELLED) {
        throw new CancellationException("the trace was cancelled");
      }
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
      int steps = logits.size(); // fewer than it might have taken where it left early
      Distribution deepest = Distribution.of(logits.getLast());
      StateRecorder recorder = new StateRecorder(steps, Map.of(position, deepest), () -> {});
      recorder.begins(position, states.getFirst());
      for (int j = 1; j <= steps; j++) {
        recorder.steps(position, j, states.get(j), logits.get(j - 1));
      }
      boolean inPrompt = position < question.prompt.length;
      StateRecorder.Notes notes = recorder.notes().get(position);
      Trajectory way = new Trajectory(position, question.token(), inPrompt, notes);
      return new Thought(way, Principal.of(List.of(way), DIRECTIONS));
    }
  }
}
