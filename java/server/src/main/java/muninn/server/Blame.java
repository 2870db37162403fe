package muninn.server;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the field of a request in a sentence that says what is wrong with it. */
final class Blame {
  /** Sentences begin with the field, as in "steps is 0, wanted …" and "unknown field x: …". */
  private static final Pattern FIELD =
      Pattern.compile("(?:unknown field |both )?([a-z][a-z_]*(?:[.\\[][\\w.\\]\\[]*)?)[ :].*");

  private static final Pattern WORD = Pattern.compile("(?:the|no|not|a|an|there) .*");

  private Blame() {}

  /** The field; null where the sentence begins with none. */
  static String param(String sentence) {
    if (WORD.matcher(sentence).matches()) {
      return null;
    }
    Matcher field = FIELD.matcher(sentence);
    return field.matches() ? field.group(1) : null;
  }
}
