package muninn.text;

/**
 * Takes the pieces of an answer as they come, each in one part or several: a step on the way from
 * tokens to text. What it hands on, joined, is the same as if all had come at once.
 */
interface Flow {
  /** Takes more of a piece; never half a surrogate pair. */
  void text(String text);

  /** The piece has ended. */
  void endOfPiece();

  /** The answer has ended, after the end of its last piece. */
  void end();
}
