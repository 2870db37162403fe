package muninn.model;

/**
 * What Python's text methods do, where Java's do something slightly else: templates are written for
 * them.
 */
final class PythonText {
  private PythonText() {}

  /** {@code str.strip()}: no white space at either end, no-break spaces included. */
  static String strip(String text) {
    int from = 0;
    while (from < text.length() && isSpace(text.charAt(from))) {
      from++;
    }
    return stripEnd(text.substring(from));
  }

  /** {@code str.rstrip()}. */
  static String stripEnd(String text) {
    int to = text.length();
    while (to > 0 && isSpace(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(0, to);
  }

  /** {@code str.isspace()} of one character; all of them are in the basic plane. */
  static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }
}
