package muninn.model;

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
