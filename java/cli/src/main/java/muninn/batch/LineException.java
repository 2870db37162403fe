package muninn.batch;

import java.util.Locale;

/**
 * What is wrong with one line of a job; the line is answered with the message and the job goes on.
 */
final class LineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LineException(String format, Object... args) {
    super(String.format(Locale.ROOT, format, args));
  }
}
