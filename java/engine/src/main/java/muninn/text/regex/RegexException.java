package muninn.text.regex;

/** A pattern that cannot be used; the message says what in it, for the end of a sentence. */
public final class RegexException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RegexException(String message) {
    super(message);
  }
}
