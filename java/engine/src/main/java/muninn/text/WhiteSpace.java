package muninn.text;

/** Unicode's property White_Space. All of its characters are in the basic plane. */
final class WhiteSpace {
  private WhiteSpace() {}

  static boolean is(char c) {
    return c <= ' ' ? c == ' ' || c >= 9 && c <= 13 : c == 0x85 || Character.isSpaceChar(c);
  }
}
