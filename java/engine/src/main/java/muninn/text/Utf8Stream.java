package muninn.text;

/**
 * Turns bytes into text as they come, holding back a character until its last byte is there. Bytes
 * that can belong to no character become U+FFFD, one for each maximal subpart (Unicode 16, section
 * 3.9, table 3-7), so that the pieces joined equal a lossy decoding of all bytes at once.
 */
final class Utf8Stream {
  private static final char REPLACEMENT = '\uFFFD';

  private final StringBuilder text = new StringBuilder();
  private int codePoint;
  private int missing;
  // Bounds of the next continuation byte: narrower than 80..BF after E0, ED, F0 and F4.
  private int lowest;
  private int highest;

  void accept(byte[] bytes) {
    for (byte b : bytes) {
      accept(b & 0xff);
    }
  }

  private void accept(int b) {
    if (missing > 0) {
      if (lowest <= b && b <= highest) {
        codePoint = codePoint << 6 | b & 0x3f;
        lowest = 0x80;
        highest = 0xbf;
        if (--missing == 0) {
          text.appendCodePoint(codePoint);
        }
        return;
      }
      missing = 0;
      text.append(REPLACEMENT);
    }
    if (b < 0x80) {
      text.append((char) b);
    } else if (b >= 0xc2 && b <= 0xdf) {
      begin(b & 0x1f, 1, 0x80, 0xbf);
    } else if (b >= 0xe0 && b <= 0xef) {
      begin(b & 0x0f, 2, b == 0xe0 ? 0xa0 : 0x80, b == 0xed ? 0x9f : 0xbf);
    } else if (b >= 0xf0 && b <= 0xf4) {
      begin(b & 0x07, 3, b == 0xf0 ? 0x90 : 0x80, b == 0xf4 ? 0x8f : 0xbf);
    } else {
      text.append(REPLACEMENT);
    }
  }

  private void begin(int bits, int continuations, int low, int high) {
    codePoint = bits;
    missing = continuations;
    lowest = low;
    highest = high;
  }

  /** The characters completed since the last call. */
  String take() {
    String taken = text.toString();
    text.setLength(0);
    return taken;
  }

  /** The same at the end of the bytes: a character still incomplete becomes U+FFFD. */
  String finish() {
    if (missing > 0) {
      missing = 0;
      text.append(REPLACEMENT);
    }
    return take();
  }
}
