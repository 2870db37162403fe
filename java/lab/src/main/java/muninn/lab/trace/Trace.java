package muninn.lab.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import muninn.Progress;
import muninn.engine.Engine;
import muninn.engine.Observer;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Token;
import muninn.engine.request.Request;

/**
 * Everything a request thought. It is asked twice: first for what its positions say in the end,
 * then again, step by step, to be compared with that; so the predictions of all steps need not be
 * kept, which for a large vocabulary would take gigabytes. Then it is asked from other starts.
 *
 * @param trajectories by position
 * @param starts the same positions from other initial states
 * @param principal directions in which the states of all trajectories differ most
 */
public record Trace(
    TraceOptions options,
    List<Trajectory> trajectories,
    List<OtherStart> starts,
    Principal principal) {

  private static final int DIRECTIONS = 6;

  public Trace {
    trajectories = List.copyOf(trajectories);
    starts = List.copyOf(starts);
  }

  /** Asks an engine, which has a row for each token of the prompt. */
  public static Trace of(Engine engine, TraceOptions options, Progress.Display display) {
    int positions = options.prompt().length + options.newTokens() - 1;
    long total = (long) positions * options.steps() * (1 + options.starts());
    try (Progress progress = display.start("trace", 0, total)) {
      long[] done = new long[1];
      Runnable tick = () -> progress.at(++done[0], 0);

      Map<Integer, Distribution> deepest = new TreeMap<>();
      List<Integer> tokens =
          tokens(options, run(engine, options.request(0), last(options, deepest, tick)));
      StateRecorder recorder = new StateRecorder(options.steps(), deepest, tick);
      run(engine, options.request(0), recorder);
      List<Trajectory> trajectories = new ArrayList<>();
      recorder
          .notes()
          .forEach(
              (position, notes) ->
                  trajectories.add(
                      new Trajectory(
                          position,
                          tokens.get(position),
                          position < options.prompt().length,
                          notes)));

      List<OtherStart> starts = new ArrayList<>();
      int[] whole = tokens.stream().limit(trajectories.size()).mapToInt(t -> t).toArray();
      for (int i = 1; i < options.starts(); i++) {
        OtherStart start = new OtherStart(options.seed(i), trajectories);
        // What the first start answered is part of the prompt here: the same positions again.
        TraceOptions same =
            new TraceOptions(whole, options.steps(), 1, options.initScale(), options.seed(), 1);
        run(engine, same.request(i), start.observer(tick));
        starts.add(start);
      }
      return new Trace(options, trajectories, starts, Principal.of(trajectories, DIRECTIONS));
    }
  }

  /** The tokens that positions hold: prompt, then answer. */
  private static List<Integer> tokens(TraceOptions options, Completion completion) {
    List<Integer> tokens = new ArrayList<>();
    for (int token : options.prompt()) {
      tokens.add(token);
    }
    completion.tokens().stream().map(Token::id).forEach(tokens::add);
    return tokens;
  }

  private static Observer last(
      TraceOptions options, Map<Integer, Distribution> deepest, Runnable tick) {
    return new Observer() {
      @Override
      public void begins(int position, float[] state) {}

      @Override
      public void steps(int position, int step, float[] state, float[] logits) {
        if (step == options.steps()) {
          deepest.put(position, Distribution.of(logits));
        }
        tick.run();
      }
    };
  }

  private static Completion run(Engine engine, Request request, Observer observer) {
    try {
      return engine.observe(request, observer).completion().join();
    } catch (CompletionException e) {
      throw new IllegalStateException("the engine failed during the trace", e.getCause());
    }
  }
}
