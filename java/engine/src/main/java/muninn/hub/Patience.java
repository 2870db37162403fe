package muninn.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import muninn.UserException;

/**
 * How often one piece of work is tried again, and how long is waited before: as long as the server
 * asks, or twice as long each time. What gets on has all its tries again.
 */
final class Patience {
  static final int TRIES = 5;

  private static final Duration MOST = Duration.ofMinutes(10);

  /** Waits. */
  @FunctionalInterface
  interface Pauses {
    void sleep(Duration time) throws InterruptedException;
  }

  private final Pauses pauses;
  private final Consumer<String> notes;
  private int failures;

  Patience(Pauses pauses, Consumer<String> notes) {
    this.pauses = pauses;
    this.notes = notes;
  }

  /** Something came of the last try, if not all. */
  void gotOn() {
    failures = 0;
  }

  /**
   * Waits until another try makes sense.
   *
   * @param hopeless whether none does
   * @throws UserException when it is time to give up, saying what is wrong and what to do
   */
  void afterFailure(Trouble trouble, boolean hopeless) throws InterruptedException {
    failures++;
    Duration wait = trouble.asked().orElse(Duration.ofSeconds(1L << (failures - 1)));
    if (hopeless || failures >= TRIES) {
      String times = failures == 1 ? "" : ", " + failures + " times in a row";
      throw new UserException(trouble.getMessage() + times + ": " + trouble.remedy(), trouble);
    }
    if (wait.compareTo(MOST) > 0) {
      throw UserException.because(
          trouble,
          "%s, and asks to be left alone for %d minutes: give the same command again then",
          trouble.getMessage(),
          wait.toMinutes());
    }
    notes.accept(
        String.format(
            Locale.ROOT,
            "%s; trying again in %d s",
            trouble.getMessage(),
            Math.max(1, wait.toSeconds())));
    pauses.sleep(wait.isNegative() ? Duration.ZERO : wait);
  }

  /** Work that may fail for a while. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException, InterruptedException;
  }
}
