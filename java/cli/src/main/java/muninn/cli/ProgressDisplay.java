package muninn.cli;

import muninn.Progress;

/** How progress is shown: a bar on a terminal, lines anywhere else. */
final class ProgressDisplay {
  private ProgressDisplay() {}

  static Progress.Display of(Console console) {
    int columns = console.errorColumns();
    return columns > 0
        ? (task, done, total) -> new BarProgress(console.err(), columns, task, done, total)
        : (task, done, total) -> new LineProgress(console.err(), task, done, total);
  }
}
