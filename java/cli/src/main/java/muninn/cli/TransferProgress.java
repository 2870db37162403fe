package muninn.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import muninn.Progress;

/** How far a download has come: a bar drawn over itself on a terminal, lines anywhere else. */
final class TransferProgress implements Progress {
  private static final long REDRAW_NANOS = Duration.ofMillis(200).toNanos();
  private static final long LINE_NANOS = Duration.ofSeconds(10).toNanos();
  private static final int BAR = 30;

  private final PrintWriter err;
  private final boolean terminal;
  private final String task;
  private final long before;
  private final long total;
  private final long startedAt;
  private long shownAt;
  private long done;

  /** Shows bytes where this console shows progress. */
  static Progress.Display on(Console console) {
    return (task, done, total) ->
        new TransferProgress(
            console.err(), console.errorColumns() > 0, task, done, total, System.nanoTime());
  }

  /**
   * @param done bytes of an earlier run
   * @param now {@link System#nanoTime}
   */
  TransferProgress(
      PrintWriter err, boolean terminal, String task, long done, long total, long now) {
    this.err = err;
    this.terminal = terminal;
    this.task = task;
    this.before = done;
    this.done = done;
    this.total = total;
    this.startedAt = now;
    this.shownAt = now;
  }

  @Override
  public void at(long done, long tokens) {
    show(done, System.nanoTime());
  }

  /** So many bytes are there. */
  void show(long done, long now) {
    this.done = done;
    if (now - shownAt >= (terminal ? REDRAW_NANOS : LINE_NANOS)) {
      shownAt = now;
      draw(now);
    }
  }

  @Override
  public void close() {
    if (terminal) {
      draw(System.nanoTime());
      err.println();
    }
  }

  private void draw(long now) {
    double seconds = Math.max(1e-3, (now - startedAt) / 1e9);
    double rate = Math.max(0, (done - before) / seconds);
    long left = rate == 0 ? 0 : Math.round((total - done) / rate);
    String numbers =
        String.format(
            Locale.ROOT,
            "%.2f of %.2f GB, %.1f MB/s, %d:%02d:%02d to go",
            done / 1e9,
            total / 1e9,
            rate / 1e6,
            left / 3600,
            left / 60 % 60,
            left % 60);
    if (terminal) {
      int full = total == 0 ? BAR : Math.clamp(BAR * done / total, 0, BAR);
      err.print("\r" + task + " [" + "=".repeat(full) + " ".repeat(BAR - full) + "] " + numbers);
      err.flush();
    } else {
      err.println(task + ": " + numbers);
    }
  }
}
