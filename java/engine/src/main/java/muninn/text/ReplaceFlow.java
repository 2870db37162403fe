package muninn.text;

/** Replaces a text as it comes: what may be the beginning of one is held back. */
final class ReplaceFlow implements Flow {
  private final String literal;
  private final String content;
  private final Flow next;
  private final StringBuilder held = new StringBuilder();

  ReplaceFlow(String literal, String content, Flow next) {
    this.literal = literal;
    this.content = content;
    this.next = next;
  }

  @Override
  public void text(String text) {
    held.append(text);
    int done = 0;
    for (int at = held.indexOf(literal); at >= 0; at = held.indexOf(literal, done)) {
      next.text(held.substring(done, at) + content);
      done = at + literal.length();
    }
    int kept = Math.min(literal.length() - 1, held.length() - done);
    while (kept > 0 && !literal.startsWith(held.substring(held.length() - kept))) {
      kept--;
    }
    next.text(held.substring(done, held.length() - kept));
    held.delete(0, held.length() - kept);
  }

  @Override
  public void endOfPiece() {
    next.text(held.toString());
    held.setLength(0);
    next.endOfPiece();
  }

  @Override
  public void end() {
    next.end();
  }
}
