package muninn.text;

/** Bytes in the {@link ByteAlphabet} on their way to text: as soon as a character is whole. */
final class ByteFlow implements Flow {
  private final Flow next;
  private final Utf8Stream utf8 = new Utf8Stream();
  private String piece = "";

  ByteFlow(Flow next) {
    this.next = next;
  }

  @Override
  public void text(String text) {
    piece = piece.isEmpty() ? text : piece + text;
  }

  @Override
  public void endOfPiece() {
    utf8.accept(ByteAlphabet.bytes(piece));
    piece = "";
    next.text(utf8.take());
  }

  @Override
  public void end() {
    next.text(utf8.finish());
    next.endOfPiece();
    next.end();
  }
}
