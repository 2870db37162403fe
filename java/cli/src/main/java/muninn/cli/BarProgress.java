package muninn.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import muninn.Progress;

/** A bar with rate and time to go, drawn over itself on a terminal. */
final class BarProgress implements Progress {
  private static final long NOTE_NANOS = 500_000_000L;

  private final PrintWriter terminal;
  private final ProgressBar bar;
  private final long startedAt = System.nanoTime();
  private long notedAt = startedAt;

  BarProgress(PrintWriter terminal, int columns, String task, long done, long total) {
    this.terminal = terminal;
    this.bar =
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(total == UNKNOWN ? -1 : total)
            .startsFrom(done, Duration.ZERO)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(200)
            .showSpeed()
            .setConsumer(new DelegatingProgressBarConsumer(this::draw, columns - 1))
            .build();
  }

  @Override
  public void at(long done, long tokens) {
    bar.stepTo(done);
    long now = System.nanoTime();
    if (now - notedAt > NOTE_NANOS) {
      notedAt = now;
      bar.setExtraMessage(
          String.format(Locale.ROOT, " %.0f tokens/s", tokens * 1e9 / (now - startedAt)));
    }
  }

  @Override
  public void close() {
    bar.close();
    terminal.println();
  }

  private void draw(String line) {
    terminal.print('\r' + line);
    terminal.flush();
  }
}
