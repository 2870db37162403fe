package muninn.batch;

/**
 * What is wrong with one line of a job; the line is answered with the message and the job goes on.
 */
final class LineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LineException(String format, Object... args) {
    super(format.formatted(args));
  }
}
