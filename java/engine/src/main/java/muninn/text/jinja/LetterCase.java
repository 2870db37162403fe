package muninn.text.jinja;

import java.util.Locale;
import java.util.function.IntPredicate;

/** Small and capital letters as Python's text methods tell and change them. */
final class LetterCase {
  private LetterCase() {}

  static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  /** {@code str.capitalize()}. */
  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.codePointAt(0);
    return titled(first) + lower(text).substring(lower(Character.toString(first)).length());
  }

  /** {@code str.title()}: capitals wherever a run of letters with case begins. */
  static String title(String text) {
    String lower = lower(text);
    boolean same = lower.length() == text.length(); // then small letters stand where capitals stood
    StringBuilder title = new StringBuilder(text.length());
    boolean inside = false;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      String small = same ? Character.toString(lower.codePointAt(i)) : lower(Character.toString(c));
      title.append(inside ? small : titled(c));
      inside = isCased(c);
      i += Character.charCount(c);
    }
    return title.toString();
  }

  /** One character as a word begins with it; some become two. */
  private static String titled(int c) {
    String upper = upper(Character.toString(c));
    if (upper.codePointCount(0, upper.length()) == 1) {
      return Character.toString(Character.toTitleCase(c));
    }
    int rest = Character.charCount(upper.codePointAt(0));
    return upper.substring(0, rest) + lower(upper.substring(rest));
  }

  static String swapCase(String text) {
    StringBuilder swapped = new StringBuilder(text.length());
    text.codePoints()
        .mapToObj(
            c ->
                Character.isUpperCase(c)
                    ? lower(Character.toString(c))
                    : Character.isLowerCase(c)
                        ? upper(Character.toString(c))
                        : Character.toString(c))
        .forEach(swapped::append);
    return swapped.toString();
  }

  private static boolean isCased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  /** {@code str.isupper()} or, with {@code islower}'s letters, the other. */
  static boolean isAll(String text, IntPredicate wanted) {
    return text.codePoints().anyMatch(wanted)
        && text.codePoints().allMatch(c -> !isCased(c) || wanted.test(c));
  }

  /** {@code str.istitle()}. */
  static boolean isTitle(String text) {
    boolean inside = false;
    boolean any = false;
    for (int c : text.codePoints().toArray()) {
      boolean capital = Character.isUpperCase(c) || Character.isTitleCase(c);
      if (capital == inside && isCased(c)) {
        return false;
      }
      inside = isCased(c);
      any |= inside;
    }
    return any;
  }
}
