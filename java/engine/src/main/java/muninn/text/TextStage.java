package muninn.text;

/** Takes pieces of text, one after another: a step on the way from a text to its tokens. */
interface TextStage {
  /**
   * Takes a piece. Its characters belong to the caller, and may change afterwards.
   *
   * @param text holds the piece, from one place up to another; the piece is not empty
   * @param first how many of its first characters come from the first one of the whole text
   */
  void take(char[] text, int from, int to, int first);
}
