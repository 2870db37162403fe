package muninn.text;

import java.util.List;
import java.util.Random;

/** Patterns of all that Oniguruma's syntax offers, small enough to be matched in a moment. */
final class RandomPattern {
  private static final List<String> ATOMS =
      List.of(
          "a",
          "b",
          "s",
          "1",
          " ",
          "\\n",
          ".",
          "\\s",
          "\\S",
          "\\d",
          "\\w",
          "\\W",
          "\\p{L}",
          "\\p{N}",
          "\\P{L}",
          "\\p{^N}",
          "\\p{Lu}",
          "\\p{M}",
          "\\p{Han}",
          "[a-c]",
          "[^a-c]",
          "[^\\s\\p{L}\\p{N}]",
          "[^(\\s|[.,!?])]",
          "[\\w-]",
          "[a-z&&[^b]]",
          "[[:alpha:]1]",
          "é",
          "\\x61",
          "\\h",
          "-",
          "\\.",
          "[\\r\\n]",
          "\\N",
          "\\O",
          "😀",
          "[😀a]",
          "'");

  private static final List<String> TIMES =
      List.of(
          "*", "+", "?", "*?", "+?", "??", "*+", "++", "?+", "{1,3}", "{2}", "{2,}", "{,2}",
          "{1,3}?");

  private static final List<String> GROUPS = List.of("(", "(?:", "(?>", "(?<n>", "(?i:", "(?m:");
  private static final List<String> LOOKS = List.of("(?=", "(?!", "(?<=", "(?<!");
  private static final List<String> PLACES = List.of("^", "$", "\\A", "\\z", "\\Z", "\\b", "\\B");

  private final Random random;

  RandomPattern(Random random) {
    this.random = random;
  }

  String next() {
    return choice(2);
  }

  private String choice(int depth) {
    StringBuilder choice = new StringBuilder(sequence(depth));
    for (int i = random.nextInt(5); i > 2; i--) {
      choice.append('|').append(sequence(depth));
    }
    return choice.toString();
  }

  private String sequence(int depth) {
    StringBuilder sequence = new StringBuilder();
    for (int i = random.nextInt(4); i >= 0; i--) {
      sequence.append(part(depth));
    }
    return sequence.toString();
  }

  private String part(int depth) {
    int kind = random.nextInt(20);
    if (kind == 0) {
      return oneOf(PLACES);
    }
    if (kind < 3 && depth > 0) {
      return oneOf(LOOKS) + choice(depth - 2) + ")";
    }
    String part = kind < 8 && depth > 0 ? oneOf(GROUPS) + choice(depth - 1) + ")" : oneOf(ATOMS);
    return random.nextInt(5) < 2 ? part + oneOf(TIMES) : part;
  }

  private String oneOf(List<String> list) {
    return list.get(random.nextInt(list.size()));
  }

  /** A text that such patterns may match. */
  static String text(Random random) {
    String characters = "aabbcsS1 2  \n\r\t.,!'-_éÉſK中文²½\u0301\u00a0\u2028\u0085";
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(20); i >= 0; i--) {
      text.append(characters.charAt(random.nextInt(characters.length())));
    }
    return text.toString();
  }
}
