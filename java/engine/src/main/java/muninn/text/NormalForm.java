package muninn.text;

import java.text.Normalizer;
import java.text.Normalizer.Form;
import muninn.text.regex.Steps;

/**
 * The normal forms of Unicode, by the JDK and with the characters of Unicode 9 ({@link
 * LibraryUnicode}). A later character stands between what is before it and what is behind it.
 */
final class NormalForm {
  /** The JDK sorts a run of marks in quadratic time; languages need up to ten in a row. */
  private static final int MOST_MARKS = 1000;

  private NormalForm() {}

  /**
   * A text in a normal form.
   *
   * @throws Steps.ExhaustedException when more than a thousand combining marks stand in a row
   */
  static String of(String text, Form form, Steps steps) {
    int plain = form == Form.NFC ? 0x300 : 0x80;
    int at = 0;
    while (at < text.length() && text.charAt(at) < plain) {
      at++;
    }
    if (at == text.length()) {
      return text;
    }
    StringBuilder formed = new StringBuilder(text.length() + 16);
    int done = 0;
    int marks = 0;
    while (at < text.length()) {
      int c = text.codePointAt(at);
      int after = at + Character.charCount(c);
      if (c >= plain && LibraryUnicode.isLater(c)) {
        formed.append(Normalizer.normalize(text.substring(done, at), form)).appendCodePoint(c);
        done = after;
      }
      marks = c >= 0x300 && isMark(c) ? marks + 1 : 0;
      if (marks > MOST_MARKS) {
        throw steps.exhausted("more than " + MOST_MARKS + " combining marks in a row");
      }
      at = after;
    }
    return formed.append(Normalizer.normalize(text.substring(done), form)).toString();
  }

  private static boolean isMark(int codePoint) {
    int type = Character.getType(codePoint);
    return type >= Character.NON_SPACING_MARK && type <= Character.COMBINING_SPACING_MARK;
  }
}
