package muninn.text.regex;

import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/**
 * What a character may stand for where case does not count. Patterns of tokenizers ask this of
 * English letters only, so letters beyond ASCII are refused: some of them stand for two letters,
 * and no two libraries agree on all.
 */
final class CaseFolding {
  /** Two letters that a single character, such as ß or ﬆ, stands for as well. */
  private static final List<String> LIGATURES = List.of("ss", "ff", "fi", "fl", "st");

  private static final char LONG_S = '\u017f';
  private static final char KELVIN = '\u212a';

  private CaseFolding() {}

  /** A character's other cases, and itself. */
  static IntPredicate of(int codePoint) {
    return range(codePoint, codePoint);
  }

  /** The other cases of a range of characters, and the range itself. */
  static IntPredicate range(int from, int to) {
    if (to >= 128 && (from != to || isLetter(from))) {
      throw new RegexException("(?i) is implemented for the letters of ASCII only");
    }
    return c -> {
      if (c >= from && c <= to) {
        return true;
      }
      int plain = c == LONG_S ? 's' : c == KELVIN ? 'k' : c;
      int lower = plain >= 'A' && plain <= 'Z' ? plain + 'a' - 'A' : plain;
      boolean letter = lower >= 'a' && lower <= 'z';
      int upper = lower + 'A' - 'a';
      return letter && (lower >= from && lower <= to || upper >= from && upper <= to);
    };
  }

  private static boolean isLetter(int codePoint) {
    int type = Character.getType(codePoint);
    return Character.isAlphabetic(codePoint)
        || type == Character.NON_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || type == Character.COMBINING_SPACING_MARK;
  }

  /** A named set inside a class: one that case does not change. */
  static IntPredicate named(IntPredicate set) {
    if (List.of(Properties.SPACE, Properties.DIGIT, Properties.HEX).contains(set)) {
      return set;
    }
    throw new RegexException("(?i) stands before a class with a named set");
  }

  /** Refuses two neighbouring letters that one character may stand for. */
  static void neighbours(int left, int right) {
    String pair = Character.toString(left) + Character.toString(right);
    if (LIGATURES.contains(pair.toLowerCase(Locale.ROOT))) {
      throw new RegexException(
          "(?i) stands before " + pair + ", which one character may stand for");
    }
  }
}
