package muninn.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import muninn.Progress;

/** A line every so often, for logs. */
final class LineProgress implements Progress {
  private static final long EVERY_NANOS = Duration.ofSeconds(10).toNanos();

  private final PrintWriter log;
  private final String task;
  private final long doneBefore;
  private final long total;
  private final long startedAt = System.nanoTime();
  private long printedAt = startedAt;

  LineProgress(PrintWriter log, String task, long done, long total) {
    this.log = log;
    this.task = task;
    this.doneBefore = done;
    this.total = total;
  }

  @Override
  public void at(long done, long tokens) {
    long now = System.nanoTime();
    if (now - printedAt < EVERY_NANOS) {
      return;
    }
    printedAt = now;
    double seconds = (now - startedAt) / 1e9;
    double rate = (done - doneBefore) / seconds;
    if (total == UNKNOWN) {
      log.println(
          String.format(
              Locale.ROOT,
              "%s: %d, %.1f a second, %.0f tokens/s",
              task,
              done,
              rate,
              tokens / seconds));
      return;
    }
    long left = rate == 0 ? 0 : Math.round((total - done) / rate);
    log.println(
        String.format(
            Locale.ROOT,
            "%s: %d of %d, %.1f a second, %d:%02d:%02d to go, %.0f tokens/s",
            task,
            done,
            total,
            rate,
            left / 3600,
            left / 60 % 60,
            left % 60,
            tokens / seconds));
  }

  @Override
  public void close() {}
}
