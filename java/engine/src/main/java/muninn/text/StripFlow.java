package muninn.text;

/**
 * Takes a character away at the ends of each piece: at its end, those seen so far are held back.
 */
final class StripFlow implements Flow {
  private final Decoder.Strip strip;
  private final Flow next;
  private int taken;
  private boolean atStart = true;
  private int held;

  StripFlow(Decoder.Strip strip, Flow next) {
    this.strip = strip;
    this.next = next;
  }

  @Override
  public void text(String text) {
    int at = 0;
    while (atStart && at < text.length()) {
      if (taken < strip.start() && text.startsWith(strip.content(), at)) {
        at += strip.content().length();
        taken++;
      } else {
        atStart = false;
      }
    }
    int end = text.length();
    while (end > at && text.startsWith(strip.content(), end - strip.content().length())) {
      end -= strip.content().length();
    }
    if (end > at) {
      release(0);
      next.text(text.substring(at, end));
    }
    held += (text.length() - end) / strip.content().length();
    release(strip.stop());
  }

  private void release(int kept) {
    if (held > kept) {
      next.text(strip.content().repeat(held - kept));
      held = kept;
    }
  }

  @Override
  public void endOfPiece() {
    taken = 0;
    atStart = true;
    held = 0;
    next.endOfPiece();
  }

  @Override
  public void end() {
    next.end();
  }
}
