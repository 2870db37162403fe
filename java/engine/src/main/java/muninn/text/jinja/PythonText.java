package muninn.text.jinja;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * What Python's text methods do, where Java's do something slightly else: templates are written for
 * them.
 */
public final class PythonText {
  private PythonText() {}

  /** {@code str.strip()}: no white space at either end, no-break spaces included. */
  public static String strip(String text) {
    return stripEnd(stripStart(text));
  }

  static String stripStart(String text) {
    int from = 0;
    while (from < text.length() && isSpace(text.charAt(from))) {
      from++;
    }
    return text.substring(from);
  }

  /** {@code str.rstrip()}. */
  static String stripEnd(String text) {
    int to = text.length();
    while (to > 0 && isSpace(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(0, to);
  }

  /** {@code str.strip(chars)} at one or both ends. */
  static String strip(String text, String chars, boolean atStart, boolean atEnd) {
    BitSet unwanted = new BitSet();
    chars.codePoints().forEach(unwanted::set);
    int from = 0;
    int to = text.length();
    while (atStart && from < to && unwanted.get(text.codePointAt(from))) {
      from += Character.charCount(text.codePointAt(from));
    }
    while (atEnd && to > from && unwanted.get(text.codePointBefore(to))) {
      to -= Character.charCount(text.codePointBefore(to));
    }
    return text.substring(from, to);
  }

  /** {@code str.isspace()} of one character; all of them are in the basic plane. */
  static boolean isSpace(int c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }

  /** {@code len(str)}: characters, not halves of surrogate pairs. */
  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** The part between two places counted in characters, which must be in order and within. */
  static String part(String text, int from, int to) {
    if (length(text) == text.length()) {
      return text.substring(from, to);
    }
    int begin = text.offsetByCodePoints(0, from);
    return text.substring(begin, text.offsetByCodePoints(begin, to - from));
  }

  /** The order of two texts by their characters: negative, zero or positive. */
  static int compare(String a, String b) {
    int common = Math.min(a.length(), b.length());
    for (int i = 0; i < common; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        // Pairs stand for characters above all others, though their halves do not sort so.
        boolean pairs = Character.isSurrogate(x) != Character.isSurrogate(y);
        return pairs ? (Character.isSurrogate(x) ? 1 : -1) : Character.compare(x, y);
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  /** {@code str.isdigit()} of one character: digits, raised and circled ones too. */
  static boolean isDigit(int c) {
    int type = Character.getType(c);
    int value = type == Character.OTHER_NUMBER ? Character.getNumericValue(c) : -1;
    return type == Character.DECIMAL_DIGIT_NUMBER || value >= 0 && value <= 9;
  }

  static boolean isNumeric(int c) {
    int type = Character.getType(c);
    return type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  static int countWords(String text) {
    int count = 0;
    for (int at = skip(text, 0, true); at < text.length(); at = skip(text, at, true)) {
      at = skip(text, at, false);
      count++;
    }
    return count;
  }

  private static int skip(String text, int from, boolean space) {
    int to = from;
    while (to < text.length() && isSpace(text.charAt(to)) == space) {
      to++;
    }
    return to;
  }

  private static int skipBack(String text, int to, boolean space) {
    int from = to;
    while (from > 0 && isSpace(text.charAt(from - 1)) == space) {
      from--;
    }
    return from;
  }

  /** {@code str.split()} at white space; {@code most} cuts at most, -1 for all. */
  static List<String> split(String text, int most) {
    List<String> words = new ArrayList<>();
    int at = skip(text, 0, true);
    while (at < text.length() && words.size() != most) {
      int end = skip(text, at, false);
      words.add(text.substring(at, end));
      at = skip(text, end, true);
    }
    if (at < text.length()) {
      words.add(text.substring(at));
    }
    return words;
  }

  /** {@code str.rsplit()} at white space. */
  static List<String> splitFromEnd(String text, int most) {
    List<String> words = new ArrayList<>();
    int at = skipBack(text, text.length(), true);
    while (at > 0 && words.size() != most) {
      int begin = skipBack(text, at, false);
      words.add(text.substring(begin, at));
      at = skipBack(text, begin, true);
    }
    if (at > 0) {
      words.add(text.substring(0, at));
    }
    return words.reversed();
  }

  /** {@code str.split(separator)}; the separator is not empty. */
  static List<String> split(String text, String separator, int most) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    int at = text.indexOf(separator);
    while (at >= 0 && parts.size() != most) {
      parts.add(text.substring(from, at));
      from = at + separator.length();
      at = text.indexOf(separator, from);
    }
    parts.add(text.substring(from));
    return parts;
  }

  /** {@code str.rsplit(separator)}. */
  static List<String> splitFromEnd(String text, String separator, int most) {
    List<String> parts = new ArrayList<>();
    int to = text.length();
    int at = text.lastIndexOf(separator, to - separator.length());
    while (at >= 0 && parts.size() != most) {
      parts.add(text.substring(at + separator.length(), to));
      to = at;
      at = text.lastIndexOf(separator, to - separator.length());
    }
    parts.add(text.substring(0, to));
    return parts.reversed();
  }

  private static boolean endsLine(int c) {
    return "\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029".indexOf(c) >= 0;
  }

  /** How many lines there may be. */
  static long countLines(String text) {
    return 1 + text.chars().filter(PythonText::endsLine).count();
  }

  /** {@code str.splitlines()}. */
  static List<String> lines(String text, boolean keepEnds) {
    List<String> lines = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      if (endsLine(text.charAt(i))) {
        boolean two = text.startsWith("\r\n", i);
        int end = two ? i + 2 : i + 1;
        lines.add(text.substring(from, keepEnds ? end : i));
        from = end;
        i = end - 1;
      }
    }
    if (from < text.length()) {
      lines.add(text.substring(from));
    }
    return lines;
  }

  /** How often a text occurs in another, without overlap; an empty one at every place. */
  static int count(String text, String part) {
    if (part.isEmpty()) {
      return length(text) + 1;
    }
    int count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }
}
