package muninn.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The alphabet of byte-level BPE (Radford et al. 2019): each byte is written as one printable
 * character, its Latin-1 character where that is visible, otherwise the next free one from U+0100
 * on.
 */
final class ByteAlphabet {
  /** Byte by character, -1 where the character stands for none. */
  private static final short[] BYTE_OF = byteOf();

  private static final char[] CHARACTER_OF = characterOf();

  private ByteAlphabet() {}

  private static short[] byteOf() {
    short[] byteOf = new short[512];
    Arrays.fill(byteOf, (short) -1);
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean visible = b > ' ' && b < 0x7f || b > 0xa0 && b != 0xad;
      byteOf[visible ? b : next++] = (short) b;
    }
    return byteOf;
  }

  private static char[] characterOf() {
    char[] characterOf = new char[256];
    for (char c = 0; c < BYTE_OF.length; c++) {
      if (BYTE_OF[c] >= 0) {
        characterOf[BYTE_OF[c]] = c;
      }
    }
    return characterOf;
  }

  /** A stage that writes pieces in this alphabet; half a surrogate pair is none of its input. */
  static TextStage writer(TextStage next) {
    return new TextStage() {
      private char[] written = new char[64];

      @Override
      public void take(char[] text, int from, int to, int first) {
        if (written.length < 3 * (to - from)) {
          written = new char[4 * (to - from)];
        }
        int size = 0;
        int writtenFirst = 0;
        for (int i = from; i < to; i++) {
          if (i == from + first) {
            writtenFirst = size;
          }
          int c = text[i];
          if (c < 0x80) {
            written[size++] = CHARACTER_OF[c];
            continue;
          }
          if (c < 0x800) {
            written[size++] = CHARACTER_OF[0xc0 | c >> 6];
          } else {
            if (Character.isHighSurrogate((char) c)) {
              c = Character.toCodePoint((char) c, text[++i]);
              written[size++] = CHARACTER_OF[0xf0 | c >> 18];
              written[size++] = CHARACTER_OF[0x80 | c >> 12 & 0x3f];
            } else {
              written[size++] = CHARACTER_OF[0xe0 | c >> 12];
            }
            written[size++] = CHARACTER_OF[0x80 | c >> 6 & 0x3f];
          }
          written[size++] = CHARACTER_OF[0x80 | c & 0x3f];
        }
        next.take(written, 0, size, from + first == to ? size : writtenFirst);
      }
    };
  }

  /**
   * The bytes that a vocabulary piece stands for; a piece outside the alphabet stands for its own
   * UTF-8.
   */
  static byte[] bytes(String piece) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(piece.length());
    for (int i = 0; i < piece.length(); i++) {
      char c = piece.charAt(i);
      if (c >= BYTE_OF.length || BYTE_OF[c] < 0) {
        return piece.getBytes(StandardCharsets.UTF_8);
      }
      bytes.write(BYTE_OF[c]);
    }
    return bytes.toByteArray();
  }
}
