package muninn.text;

/**
 * A stretch of text between two added tokens, which normalizers change.
 *
 * @param first how many of its first characters come from the first character of the whole text:
 *     what {@link PreTokenizer.Metaspace} puts before a text depends on it
 */
record Stretch(String text, int first) {

  /** The whole of a text. */
  static Stretch of(String text) {
    return new Stretch(text, text.isEmpty() ? 0 : Character.charCount(text.codePointAt(0)));
  }

  boolean isEmpty() {
    return text.isEmpty();
  }

  /** A part of it. */
  Stretch part(int from, int to) {
    return new Stretch(text.substring(from, to), Math.clamp(first - from, 0, to - from));
  }

  /** What comes from the first character of the whole text. */
  String beginning() {
    return text.substring(0, first);
  }
}
