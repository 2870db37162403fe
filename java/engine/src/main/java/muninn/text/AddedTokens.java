package muninn.text;

import java.util.function.Consumer;
import java.util.function.IntConsumer;
import muninn.text.regex.Steps;

/** Cuts added tokens out of a text, with the white space that they take in. */
final class AddedTokens {
  private final TokenTrie trie;

  AddedTokens(TokenTrie trie) {
    this.trie = trie;
  }

  /**
   * Goes through a stretch of text in order.
   *
   * @param rest takes what lies between the tokens; never empty
   * @param token takes the tokens
   */
  void split(Stretch stretch, Consumer<Stretch> rest, IntConsumer token, Steps steps) {
    String text = stretch.text();
    int done = 0;
    int at = trie.isEmpty() ? text.length() : 0;
    while (at < text.length()) {
      TokenTrie.Found found = trie.longest(text, at, steps);
      if (found == null) {
        at++;
        continue;
      }
      at = found.to();
      AddedToken added = found.token();
      if (added.singleWord() && !standsAlone(text, found)) {
        continue;
      }
      int from = added.left() ? spaceBefore(text, done, found.from()) : found.from();
      int to = added.right() ? spaceBehind(text, Math.max(done, at)) : at;
      if (done < from) {
        rest.accept(stretch.part(done, from));
      }
      if (from < to) {
        token.accept(added.id());
      }
      done = to;
    }
    if (done < text.length()) {
      rest.accept(stretch.part(done, text.length()));
    }
  }

  private static boolean standsAlone(String text, TokenTrie.Found found) {
    return (found.from() == 0 || !isWord(text.codePointBefore(found.from())))
        && (found.to() == text.length() || !isWord(text.codePointAt(found.to())));
  }

  /** What the library's regular expressions call {@code \w}. */
  private static boolean isWord(int c) {
    return switch (Character.getType(c)) {
      case Character.NON_SPACING_MARK,
          Character.COMBINING_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.DECIMAL_DIGIT_NUMBER,
          Character.CONNECTOR_PUNCTUATION ->
          true;
      default -> Character.isAlphabetic(c) || c == 0x200c || c == 0x200d;
    };
  }

  private static int spaceBefore(String text, int done, int place) {
    int at = Math.max(place, done);
    while (at > done && WhiteSpace.is(text.charAt(at - 1))) {
      at--;
    }
    return at;
  }

  private static int spaceBehind(String text, int place) {
    int at = place;
    while (at < text.length() && WhiteSpace.is(text.charAt(at))) {
      at++;
    }
    return at;
  }
}
