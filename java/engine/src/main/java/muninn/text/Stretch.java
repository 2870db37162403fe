package muninn.text;

/**
 * A stretch of text between two added tokens, which normalizers change.
 *
 * @param first whether it still begins with what the whole text begins with
 */
record Stretch(String text, boolean first) {
  boolean isEmpty() {
    return text.isEmpty();
  }

  /** The same with other text. */
  Stretch with(String other) {
    return new Stretch(other, first);
  }

  /** The same with other text, after the beginning was taken away. */
  Stretch cut(String other) {
    return new Stretch(other, false);
  }
}
