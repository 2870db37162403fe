package muninn.cli.args;

import java.util.Locale;

/**
 * A command used wrongly: the message is one sentence that names the option as it was typed, what
 * was found and what is wanted. The command line prints it with the way to help, and exits with 2.
 */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }

  public UsageException(String message, Throwable cause) {
    super(message, cause);
  }

  /** A message in {@link String#format} style. */
  public static UsageException of(String format, Object... args) {
    return new UsageException(String.format(Locale.ROOT, format, args));
  }
}
