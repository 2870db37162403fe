package muninn.files;

import muninn.UserException;

/**
 * A line of a text input.
 *
 * @param number counted from 1, blank lines included
 * @param bytes the line without its end; empty when it was too long to keep
 * @param limit most bytes that are kept of a line
 */
public record Line(long number, byte[] bytes, boolean tooLong, int limit) {

  /** Whether there is nothing but white space on it. */
  public boolean blank() {
    if (tooLong) {
      return false;
    }
    for (byte b : bytes) {
      if (b != ' ' && b != '\t') {
        return false;
      }
    }
    return true;
  }

  /**
   * The line as text.
   *
   * @throws UserException when it is too long or no UTF-8 text; the message names no line
   */
  public String text() {
    if (tooLong) {
      throw UserException.of("longer than %d MiB: split it, or shorten it", limit >> 20);
    }
    return Text.decode(bytes);
  }
}
