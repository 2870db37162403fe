package muninn.text.regex;

import java.util.Locale;

/**
 * How much work a text may still take. Whatever loops over a text counts its steps here, so no
 * pattern and no text can keep a thread for ever.
 */
public final class Steps {
  private final long most;
  private long taken;

  public Steps(long most) {
    this.most = most;
  }

  /** Says that a text takes too much; whoever knows the file makes a sentence of the message. */
  public static final class ExhaustedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ExhaustedException(String message) {
      super(message);
    }
  }

  /**
   * Counts some steps.
   *
   * @throws ExhaustedException when that is more than are left
   */
  public void take(long steps) {
    taken += steps;
    if (taken > most) {
      throw exhausted(String.format(Locale.ROOT, "more than %,d steps", most));
    }
  }

  /** What to throw where a text takes too much of something else. */
  public ExhaustedException exhausted(String of) {
    return new ExhaustedException(of);
  }
}
