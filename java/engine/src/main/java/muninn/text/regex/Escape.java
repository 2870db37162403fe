package muninn.text.regex;

import java.util.function.IntPredicate;

/**
 * What follows a backslash and means the same inside a class and outside: one character, or a named
 * set of them.
 */
final class Escape {
  private Escape() {}

  /**
   * The set that this escape names, or null for none; it is read only where it does.
   *
   * @param word what a word is made of at this place
   */
  static IntPredicate set(PatternText text, IntPredicate word) {
    int place = text.place();
    int letter = text.next();
    return switch (letter) {
      case 's' -> Properties.SPACE;
      case 'S' -> Properties.SPACE.negate();
      case 'd' -> Properties.DIGIT;
      case 'D' -> Properties.DIGIT.negate();
      case 'w' -> word;
      case 'W' -> word.negate();
      case 'h' -> Properties.HEX;
      case 'H' -> Properties.HEX.negate();
      case 'p', 'P' -> property(text, letter == 'P', word);
      default -> {
        text.back(place);
        yield null;
      }
    };
  }

  private static IntPredicate property(PatternText text, boolean negative, IntPredicate word) {
    if (!text.skip("{")) {
      throw new RegexException("\\p stands without a name in braces");
    }
    boolean other = text.skip("^");
    IntPredicate set = Properties.named(text.until('}'), word);
    return negative != other ? set.negate() : set;
  }

  /** The character that this escape stands for. */
  static int character(PatternText text) {
    int letter = text.next();
    return switch (letter) {
      case 't' -> '\t';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 'f' -> '\f';
      case 'v' -> 0x0b;
      case 'a' -> 0x07;
      case 'e' -> 0x1b;
      case 'x' -> text.skip("{") ? hex(text.until('}')) : ascii(hex(digits(text, 2)));
      case 'u' -> hex(digits(text, 4));
      default -> {
        if (letter < 128 && Character.isLetterOrDigit(letter)) {
          throw new RegexException("\\" + (char) letter + " is not supported");
        }
        yield letter;
      }
    };
  }

  private static String digits(PatternText text, int count) {
    StringBuilder digits = new StringBuilder();
    while (digits.length() < count) {
      digits.appendCodePoint(text.next());
    }
    return digits.toString();
  }

  private static int hex(String digits) {
    if (digits.isEmpty() || digits.length() > 6 || !digits.chars().allMatch(Properties.HEX)) {
      throw new RegexException("\\x or \\u stands before " + digits + ", which is no code point");
    }
    int codePoint = Integer.parseInt(digits, 16);
    if (codePoint > Character.MAX_CODE_POINT
        || codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
      throw new RegexException("there is no code point " + digits);
    }
    return codePoint;
  }

  /** Two digits name a byte; from 80 on that is no character. */
  private static int ascii(int value) {
    if (value >= 128) {
      throw new RegexException("\\x names a byte that is no character; write it as \\x{…}");
    }
    return value;
  }
}
