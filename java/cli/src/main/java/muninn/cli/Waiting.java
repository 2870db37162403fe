package muninn.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.IntSupplier;

/**
 * Says on standard error what a command is at, once a user has waited a second for anything to
 * happen, by a line on the terminal that is drawn over itself and goes. Where standard error is no
 * terminal, nobody waits: a line after five seconds, and one every ten, tell a log. Work that never
 * takes so long is never mentioned.
 */
final class Waiting implements AutoCloseable {
  private static final long PATIENCE_NANOS = 1_000_000_000L;
  private static final long LOG_NANOS = 5_000_000_000L;
  private static final long REDRAW_NANOS = 200_000_000L;
  private static final long REPEAT_NANOS = 10_000_000_000L;
  private static final int BAR = 30;
  private static final int LEAST_COLUMNS = 50; // room for a bar, whatever a terminal says

  private final PrintWriter err;
  private final boolean terminal;
  private final IntSupplier columns;
  private Thread watcher; // none where nobody watches
  private String doing = ""; // nothing to say
  private String told = ""; // what was last said
  private double share; // of what is being done, 0 where that is not known
  private long quietSince;
  private long startedAt; // of what is being done
  private int drawn; // columns of the line that is seen on a terminal

  /**
   * @param terminal whether what is written to {@code err} is seen on a terminal
   * @param columns of that terminal; asked when something is drawn, for asking takes time
   * @param now {@link System#nanoTime}
   */
  Waiting(PrintWriter err, boolean terminal, IntSupplier columns, long now) {
    this.err = err;
    this.terminal = terminal;
    this.columns = columns;
    quietSince = now;
  }

  /** On a process's standard error, watched until it is closed. */
  static Waiting on(Console console) {
    Waiting waiting =
        new Waiting(
            console.err(), console.errorIsTerminal(), console::errorColumns, System.nanoTime());
    if (console.ofProcess()) {
      waiting.watcher = Thread.ofPlatform().name("muninn-waiting").daemon().start(waiting::watch);
    }
    return waiting;
  }

  private void watch() {
    try {
      for (long pause = PATIENCE_NANOS; ; pause = REDRAW_NANOS) {
        Thread.sleep(pause / 1_000_000);
        look(System.nanoTime());
      }
    } catch (InterruptedException _) {
      // It is over.
    }
  }

  /** From now on it does this, in words that go on with "…". */
  void at(String doing) {
    at(doing, System.nanoTime());
  }

  synchronized void at(String doing, long now) {
    if (this.doing.isEmpty()) {
      quietSince = now;
    }
    this.doing = doing;
    startedAt = now;
    share = 0;
  }

  /** A line that stays. */
  synchronized void remark(String line) {
    erase();
    err.println(line);
    err.flush();
  }

  /** So much of it is done. */
  synchronized void reached(double share) {
    this.share = share;
  }

  /** The user sees something else now. */
  synchronized void over() {
    erase();
    doing = "";
    told = "";
  }

  /** Says what is due. */
  synchronized void look(long now) {
    boolean news = !doing.equals(told);
    long patience =
        terminal ? news ? PATIENCE_NANOS : REDRAW_NANOS : news ? LOG_NANOS : REPEAT_NANOS;
    if (doing.isEmpty() || now - quietSince < patience) {
      return;
    }
    quietSince = now;
    told = doing;
    double seconds = (now - startedAt) / 1e9;
    if (terminal) {
      draw(share > 0 ? bar() : String.format(Locale.ROOT, " … %.0f s", seconds));
    } else {
      err.println(doing + (share > 0 ? estimate(seconds) : " …"));
    }
    err.flush();
  }

  private String bar() {
    int full = (int) (BAR * share);
    return String.format(
        Locale.ROOT, " [%s%s] %3.0f %%", "=".repeat(full), " ".repeat(BAR - full), 100 * share);
  }

  private String estimate(double seconds) {
    return String.format(
        Locale.ROOT,
        ": %.0f %% after %.0f s, about %.0f s to go",
        100 * share,
        seconds,
        seconds * (1 - share) / share);
  }

  /** What is being done, cut where the line would not fit, and how far it is. */
  private void draw(String end) {
    int room = Math.max(LEAST_COLUMNS, columns.getAsInt()) - 1 - end.length();
    String line = (doing.length() > room ? doing.substring(0, room) : doing) + end;
    err.print("\r" + line + " ".repeat(Math.max(0, drawn - line.length())));
    drawn = line.length();
  }

  private void erase() {
    if (drawn > 0) {
      err.print("\r" + " ".repeat(drawn) + "\r");
      err.flush();
      drawn = 0;
    }
  }

  @Override
  public void close() {
    if (watcher != null) {
      watcher.interrupt();
    }
    over();
  }
}
