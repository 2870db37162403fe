package muninn.lab.sweep;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import muninn.Progress;
import muninn.UserException;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Pump;
import muninn.engine.request.Options;
import muninn.engine.request.Request;

/**
 * Asks all prompts in every cell of a grid, as often as it is to be timed. Repeats go round the
 * whole grid, so that what disturbs a machine for a while disturbs all cells alike. Counts are
 * those of the first round; later rounds only add times.
 */
public final class Sweep {
  /** Answers of each cell that are not counted, so that its code is compiled. */
  private static final int WARM_UP = 8;

  private final Grid grid;
  private final List<Prompt> prompts;
  private final int maxTokens;
  private final Function<Request, Generation> submit;
  private final CellFile file;

  private final Map<String, List<int[]>> plainAnswers = new HashMap<>();
  private volatile boolean stopped;
  private volatile Pump<Prompt, Completion> running;

  /**
   * A sweep of one model.
   *
   * @param maxTokens most new tokens of an answer
   * @param file what is measured already, and where the rest is to go
   */
  public Sweep(
      Grid grid,
      List<Prompt> prompts,
      int maxTokens,
      Function<Request, Generation> submit,
      CellFile file) {
    this.grid = grid;
    this.prompts = prompts;
    this.maxTokens = maxTokens;
    this.submit = submit;
    this.file = file;
  }

  /** Measures what is not measured yet; false where it was stopped before it was done. */
  public boolean run(Progress.Display display) {
    Set<String> done = new HashSet<>();
    Set<String> refused = new HashSet<>();
    for (Cell cell : file.cells()) {
      done.add(cell.setting() + " " + cell.repeat());
      if (cell.refused() != null) {
        refused.add(cell.setting());
      }
      if (cell.tokens() != null) {
        plainAnswers.put(cell.setting(), cell.tokens());
      }
    }
    Collection<Setting> settings = grid.cells();
    long total = (long) settings.size() * grid.repeats();
    long already = settings.stream().mapToLong(setting -> rounds(setting, done, refused)).sum();
    try (Progress progress = display.start("sweep", already, total)) {
      long tokens = 0;
      for (int repeat = 0; repeat < grid.repeats(); repeat++) {
        for (Setting setting : settings) {
          String key = setting.key();
          if (done.contains(key + " " + repeat) || refused.contains(key)) {
            continue;
          }
          Cell cell = measure(setting, repeat);
          if (cell == null) {
            return false;
          }
          file.add(cell);
          if (cell.refused() == null) {
            tokens += cell.work().tokens();
            already++;
          } else {
            refused.add(key);
            already += grid.repeats();
          }
          progress.at(already, tokens);
        }
      }
    }
    return true;
  }

  /** Ends it soon; what is finished is kept. */
  public void stop() {
    stopped = true;
    Pump<Prompt, Completion> pump = running;
    if (pump != null) {
      pump.stop();
    }
  }

  private int rounds(Setting setting, Set<String> done, Set<String> refused) {
    if (refused.contains(setting.key())) {
      return grid.repeats();
    }
    int rounds = 0;
    for (int repeat = 0; repeat < grid.repeats(); repeat++) {
      rounds += done.contains(setting.key() + " " + repeat) ? 1 : 0;
    }
    return rounds;
  }

  /** One pass over the prompts; null where it was stopped. */
  private Cell measure(Setting setting, int repeat) {
    List<Completion> answers;
    long nanos;
    try {
      ask(setting, prompts.subList(0, Math.min(WARM_UP, prompts.size())));
      long start = System.nanoTime();
      answers = ask(setting, prompts);
      nanos = System.nanoTime() - start;
    } catch (UserException e) {
      if (setting.isPlain()) {
        throw UserException.because(
            e, "%s, which others are to be compared with: %s", setting.key(), e.getMessage());
      }
      return Cell.refused(setting, e.getMessage());
    }
    if (stopped) {
      return null;
    }
    List<int[]> tokens = answers.stream().map(Sweep::ids).toList();
    boolean compared = setting.isPlain() && repeat == 0;
    if (compared) {
      plainAnswers.put(setting.key(), tokens);
    }
    AnswerTally tally = new AnswerTally(setting, !grid.options().ignoreEos());
    for (int i = 0; i < answers.size(); i++) {
      tally.add(
          prompts.get(i),
          answers.get(i),
          tokens.get(i),
          plainAnswers.get(setting.plain().key()).get(i),
          plainAnswers.get(grid.deepest(setting).key()).get(i));
    }
    return tally.cell(repeat, nanos, compared ? tokens : null);
  }

  /**
   * Answers in the order of prompts, {@code batch} of them in work at once; not all of them where
   * it was stopped.
   */
  private List<Completion> ask(Setting setting, List<Prompt> asked) {
    List<Completion> answers = new ArrayList<>();
    try (Pump<Prompt, Completion> pump =
        new Pump<>(
            asked.iterator(),
            setting.batch(),
            Pump.Order.AS_TAKEN,
            prompt -> submit.apply(request(setting, prompt)))) {
      running = pump;
      while (!stopped && pump.hasNext()) {
        Pump.Outcome<Prompt, Completion> outcome = pump.next();
        if (outcome.failure() instanceof UserException refused) {
          throw refused;
        }
        if (outcome.failure() != null) {
          throw new IllegalStateException("the engine failed during the sweep", outcome.failure());
        }
        answers.add(outcome.answer());
      }
    } finally {
      running = null;
    }
    return answers;
  }

  private Request request(Setting setting, Prompt prompt) {
    Options options =
        grid.options()
            .withMaxTokens(maxTokens)
            .withSteps(setting.steps())
            .withTemperature(setting.temperature())
            .withThinking(setting.thinking());
    return new Request(prompt.tokens(), options);
  }

  private static int[] ids(Completion completion) {
    return completion.tokens().stream().mapToInt(token -> token.id()).toArray();
  }
}
