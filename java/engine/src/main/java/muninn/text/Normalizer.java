package muninn.text;

import java.util.List;
import muninn.text.regex.Matcher;
import muninn.text.regex.Regex;
import muninn.text.regex.Steps;

/** Changes text before it is cut into pieces, as the field {@code normalizer} says. */
sealed interface Normalizer {
  Stretch apply(Stretch stretch, Steps steps);

  /**
   * Reads a normalizer.
   *
   * @throws muninn.UserException when it is of a kind that is not known, or a field is wrong
   */
  static Normalizer read(Part part) {
    if (part.isNull()) {
      return new Chain(List.of());
    }
    return switch (part.type()) {
      case "NFC", "NFD", "NFKC", "NFKD" ->
          new Unicode(java.text.Normalizer.Form.valueOf(part.type()));
      case "Prepend" -> new Prepend(part.field("prepend").text());
      case "Replace" -> new Replace(part.field("pattern").pattern(), part.field("content").text());
      case "Lowercase" -> new Lowercase();
      case "Strip" -> new Strip(part.field("strip_left").flag(), part.field("strip_right").flag());
      case "StripAccents" -> new StripAccents();
      case "Sequence" ->
          new Chain(part.field("normalizers").list().stream().map(Normalizer::read).toList());
      default ->
          throw part.unknown(
              "NFC",
              "NFD",
              "NFKC",
              "NFKD",
              "Prepend",
              "Replace",
              "Lowercase",
              "Strip",
              "StripAccents",
              "Sequence");
    };
  }

  /** One after the other. */
  record Chain(List<Normalizer> parts) implements Normalizer {
    @Override
    public Stretch apply(Stretch stretch, Steps steps) {
      for (Normalizer part : parts) {
        stretch = part.apply(stretch, steps);
        steps.take(1 + stretch.text().length());
      }
      return stretch;
    }
  }

  /** A normal form of Unicode. */
  record Unicode(java.text.Normalizer.Form form) implements Normalizer {
    @Override
    public Stretch apply(Stretch stretch, Steps steps) {
      return stretch.with(NormalForm.of(stretch.text(), form, steps));
    }
  }

  /** Puts something before the text. */
  record Prepend(String text) implements Normalizer {
    @Override
    public Stretch apply(Stretch stretch, Steps steps) {
      return stretch.isEmpty() ? stretch : stretch.with(text + stretch.text());
    }
  }

  /** Puts other text in the place of each match. */
  record Replace(Regex pattern, String content) implements Normalizer {
    @Override
    public Stretch apply(Stretch stretch, Steps steps) {
      if (stretch.isEmpty()) {
        return stretch;
      }
      char[] text = stretch.text().toCharArray();
      Matcher matcher = pattern.matcher(steps);
      matcher.reset(text, 0, text.length);
      StringBuilder replaced = new StringBuilder(text.length);
      int done = 0;
      boolean begins = true;
      while (matcher.next()) {
        steps.take(content.length());
        replaced.append(text, done, matcher.start() - done).append(content);
        done = matcher.end();
        if (matcher.start() == 0 && done > 0) {
          // The library counts what takes the place of several characters to the last of them.
          begins = !content.isEmpty() && done == Character.charCount(stretch.text().codePointAt(0));
        }
      }
      replaced.append(text, done, text.length - done);
      return begins ? stretch.with(replaced.toString()) : stretch.cut(replaced.toString());
    }
  }

  /** Small letters in the place of capital ones, each by itself. */
  record Lowercase() implements Normalizer {
    private static final int CAPITAL_I_WITH_DOT = 0x130;

    @Override
    public Stretch apply(Stretch stretch, Steps steps) {
      StringBuilder lower = new StringBuilder(stretch.text().length());
      stretch
          .text()
          .codePoints()
          .forEach(
              c -> {
                if (c == CAPITAL_I_WITH_DOT) {
                  lower.append("i\u0307");
                } else {
                  lower.appendCodePoint(Character.toLowerCase(c));
                }
              });
      return stretch.with(lower.toString());
    }
  }

  /** Takes white space away at one end or both. */
  record Strip(boolean left, boolean right) implements Normalizer {
    @Override
    public Stretch apply(Stretch stretch, Steps steps) {
      String text = stretch.text();
      int from = 0;
      int to = text.length();
      while (left && from < to && WhiteSpace.is(text.charAt(from))) {
        from++;
      }
      while (right && to > from && WhiteSpace.is(text.charAt(to - 1))) {
        to--;
      }
      String rest = text.substring(from, to);
      return from == 0 ? stretch.with(rest) : stretch.cut(rest);
    }
  }

  /** Takes combining marks away. */
  record StripAccents() implements Normalizer {
    @Override
    public Stretch apply(Stretch stretch, Steps steps) {
      if (stretch.isEmpty()) {
        return stretch;
      }
      StringBuilder plain = new StringBuilder(stretch.text().length());
      stretch
          .text()
          .codePoints()
          .filter(c -> !OlderUnicode.isMark(c))
          .forEach(plain::appendCodePoint);
      return OlderUnicode.isMark(stretch.text().codePointAt(0))
          ? stretch.cut(plain.toString())
          : stretch.with(plain.toString());
    }
  }
}
