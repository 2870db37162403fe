package muninn.cli;

import java.util.function.Supplier;
import muninn.Progress;

/** How progress is shown: a bar on a terminal, lines anywhere else. */
final class ProgressDisplay {
  private ProgressDisplay() {}

  static Progress.Display of(Console console) {
    int columns = console.errorColumns();
    return columns > 0
        ? (task, done, total) ->
            new LateProgress(() -> new BarProgress(console.err(), columns, task, done, total))
        : (task, done, total) -> new LineProgress(console.err(), task, done, total);
  }

  /** Begins with the first unit: until then a bar of something else may be seen. */
  private static final class LateProgress implements Progress {
    private final Supplier<Progress> begin;
    private Progress progress;

    LateProgress(Supplier<Progress> begin) {
      this.begin = begin;
    }

    @Override
    public void at(long done, long tokens) {
      if (progress == null) {
        progress = begin.get();
      }
      progress.at(done, tokens);
    }

    @Override
    public void close() {
      if (progress != null) {
        progress.close();
      }
    }
  }
}
