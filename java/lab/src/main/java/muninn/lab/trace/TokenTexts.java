package muninn.lab.trace;

import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import muninn.text.Tokenizer;

/** Tokens as charts and tables name them: white space made visible, ids where there is no text. */
final class TokenTexts {
  private static final int CELL = 6;
  private static final int NAME = 9;

  private final Optional<Tokenizer> tokenizer;

  TokenTexts(Optional<Tokenizer> tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** The text alone; half a character is U+FFFD. */
  String text(int token) {
    return tokenizer.map(t -> t.decode(new int[] {token}, false)).orElse("#" + token);
  }

  /** The text as it can be seen. */
  String shown(int token) {
    if (token < 0) {
      return "";
    }
    String text = visible(text(token));
    return text.isEmpty() ? "#" + token : text;
  }

  /** The same in quotation marks, for a table. */
  String quoted(int token) {
    return "“" + shown(token) + "”";
  }

  /** The same, no longer than a cell of a field has room for. */
  String cell(int token) {
    return brief(token, CELL);
  }

  private String brief(int token, int most) {
    String shown = shown(token);
    return shown.codePointCount(0, shown.length()) <= most
        ? shown
        : shown.substring(0, shown.offsetByCodePoints(0, most - 1)) + "…";
  }

  /** A position's name: its number and its token, as {@code 3 “+”}. */
  String name(Trajectory trajectory) {
    return trajectory.position() + " “" + brief(trajectory.token(), NAME) + "”";
  }

  /** A text of several tokens, without special ones. */
  String whole(int[] tokens) {
    return tokenizer
        .map(t -> visible(t.decode(tokens, true)))
        .orElseGet(
            () -> IntStream.of(tokens).mapToObj(id -> "#" + id).collect(Collectors.joining(" ")));
  }

  private static String visible(String text) {
    return text.replace(' ', '␣').replace('\n', '⏎').replace('\t', '⇥');
  }
}
