package muninn.text;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Bytes spelled {@code <0x41>} on their way to text. A run of them is held back to its end: only
 * then is it known whether it is UTF-8, or each byte a U+FFFD of its own.
 */
final class FallbackFlow implements Flow {
  private static final int SPELLED = "<0x41>".length();

  private final Flow next;
  private final StringBuilder piece = new StringBuilder();
  private final ByteArrayOutputStream run = new ByteArrayOutputStream();
  private boolean isText;

  FallbackFlow(Flow next) {
    this.next = next;
  }

  @Override
  public void text(String text) {
    if (isText) {
      next.text(text);
      return;
    }
    piece.append(text);
    if (piece.length() > SPELLED) {
      beginText();
    }
  }

  /** The piece is no byte, so what is known of it can go on. */
  private void beginText() {
    isText = true;
    endRun();
    next.text(piece.toString());
    piece.setLength(0);
  }

  @Override
  public void endOfPiece() {
    int spelled = isText ? -1 : spelled();
    if (spelled >= 0) {
      run.write(spelled);
    } else {
      if (!isText) {
        beginText();
      }
      next.endOfPiece();
    }
    piece.setLength(0);
    isText = false;
  }

  /** The byte that the piece spells, or -1. */
  private int spelled() {
    if (piece.length() != SPELLED || piece.indexOf("<0x") != 0 || piece.charAt(5) != '>') {
      return -1;
    }
    int high = Character.digit(piece.charAt(3), 16);
    int low = Character.digit(piece.charAt(4), 16);
    boolean ascii = piece.charAt(3) < 0x80 && piece.charAt(4) < 0x80;
    return ascii && high >= 0 && low >= 0 ? 16 * high + low : -1;
  }

  private void endRun() {
    if (run.size() == 0) {
      return;
    }
    byte[] bytes = run.toByteArray();
    run.reset();
    try {
      next.text(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
      next.endOfPiece();
    } catch (CharacterCodingException e) {
      for (int i = 0; i < bytes.length; i++) {
        next.text("\uFFFD");
        next.endOfPiece();
      }
    }
  }

  @Override
  public void end() {
    endRun();
    next.end();
  }
}
