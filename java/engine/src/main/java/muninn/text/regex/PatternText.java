package muninn.text.regex;

/** A pattern's characters, and how far they are read. */
final class PatternText {
  private final int[] codePoints;
  private int at;

  PatternText(String pattern) {
    codePoints = pattern.codePoints().toArray();
  }

  boolean ended() {
    return at == codePoints.length;
  }

  /** The next character, or -1 at the end. */
  int peek() {
    return ended() ? -1 : codePoints[at];
  }

  int next() {
    if (ended()) {
      throw new RegexException("it ends too early");
    }
    return codePoints[at++];
  }

  /** Whether this text comes next; if so it is read. */
  boolean skip(String text) {
    if (!looksAt(text)) {
      return false;
    }
    at += text.length();
    return true;
  }

  /** Whether this text of ASCII comes next. */
  boolean looksAt(String text) {
    if (codePoints.length - at < text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (codePoints[at + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** What stands before this character, which is read too. */
  String until(char end) {
    int from = at;
    while (next() != end) {}
    return new String(codePoints, from, at - 1 - from);
  }

  /** A number of decimal digits, -1 where there is none. */
  int number() {
    int from = at;
    int number = 0;
    while (!ended() && codePoints[at] >= '0' && codePoints[at] <= '9') {
      number = Math.min(10 * number + codePoints[at++] - '0', 1_000_000);
    }
    return at == from ? -1 : number;
  }

  boolean justRead(char c) {
    return at > 0 && codePoints[at - 1] == c;
  }

  int place() {
    return at;
  }

  void back(int place) {
    at = place;
  }
}
