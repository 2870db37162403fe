package muninn;

import java.util.Locale;

/**
 * Something the user can mend: a bad file, field, option or request. The message is one sentence
 * that names what is wrong, where, what was wanted, and the remedy; the command line prints it
 * alone and exits with 1.
 */
public final class UserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UserException(String message) {
    super(whole(message));
  }

  public UserException(String message, Throwable cause) {
    super(whole(message), cause);
  }

  /** Half a character, which a request may hold and a cut may leave, cannot be written. */
  private static String whole(String message) {
    return message.replaceAll("\\p{Cs}", "?");
  }

  /** A message in {@link String#format} style, with ASCII digits in every locale. */
  public static UserException of(String format, Object... args) {
    return new UserException(String.format(Locale.ROOT, format, args));
  }

  /** The same with what led to it. */
  public static UserException because(Throwable cause, String format, Object... args) {
    return new UserException(String.format(Locale.ROOT, format, args), cause);
  }
}
