package muninn.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import muninn.UserException;

/**
 * What counts as text in a user's file: UTF-8 without NUL bytes; a byte order mark before it is no
 * part of it, and lines end in one line feed, whatever they ended in.
 */
public final class Text {
  private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private Text() {}

  /**
   * The whole of an input.
   *
   * @param name what a message calls it
   * @throws UserException when it is longer than {@code maxBytes}, or no text
   */
  public static String read(InputStream in, String name, int maxBytes) {
    byte[] bytes;
    try {
      bytes = in.readNBytes(maxBytes + 1);
    } catch (IOException e) {
      throw new UserException("cannot read " + name + ": " + FileProblem.describe(e), e);
    }
    if (bytes.length > maxBytes) {
      throw UserException.of("%s is longer than %d MiB", name, maxBytes >> 20);
    }
    try {
      return decode(withoutMark(bytes)).replace("\r\n", "\n").replace('\r', '\n');
    } catch (UserException e) {
      throw new UserException(name + " is " + e.getMessage(), e);
    }
  }

  /** Without the byte order mark at its beginning, if there is one. */
  public static byte[] withoutMark(byte[] bytes) {
    boolean marked =
        bytes.length >= MARK.length && Arrays.equals(bytes, 0, MARK.length, MARK, 0, MARK.length);
    return marked ? Arrays.copyOfRange(bytes, MARK.length, bytes.length) : bytes;
  }

  static String decode(byte[] bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new UserException("not UTF-8 text: convert it to UTF-8", e);
    }
    if (text.indexOf('\0') >= 0) {
      throw new UserException(
          "not UTF-8 text, since it holds a NUL byte: convert it to UTF-8 if it is UTF-16, or"
              + " restore the file if it is damaged");
    }
    return text;
  }
}
