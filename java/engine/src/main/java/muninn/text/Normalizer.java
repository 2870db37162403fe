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
      String formed = NormalForm.of(stretch.text(), form, steps);
      int first = NormalForm.of(stretch.beginning(), form, steps).length();
      return new Stretch(formed, Math.min(first, formed.length()));
    }
  }

  /** Puts something before the text. */
  record Prepend(String text) implements Normalizer {
    @Override
    public Stretch apply(Stretch stretch, Steps steps) {
      return stretch.isEmpty()
          ? stretch
          : new Stretch(text + stretch.text(), text.length() + stretch.first());
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
      int first = -1;
      while (matcher.next()) {
        steps.take(content.length());
        if (first < 0 && matcher.end() > stretch.first()) {
          // The library counts new text as coming from the last character that it replaces.
          first = replaced.length() + Math.min(stretch.first(), matcher.start()) - done;
        }
        replaced.append(text, done, matcher.start() - done).append(content);
        done = matcher.end();
      }
      if (first < 0) {
        first = replaced.length() + stretch.first() - done;
      }
      replaced.append(text, done, text.length - done);
      return new Stretch(replaced.toString(), first);
    }
  }

  /** Small letters in the place of capital ones, each by itself. */
  record Lowercase() implements Normalizer {
    private static final int CAPITAL_I_WITH_DOT = 0x130;

    @Override
    public Stretch apply(Stretch stretch, Steps steps) {
      return new Stretch(lower(stretch.text()), lower(stretch.beginning()).length());
    }

    private static String lower(String text) {
      StringBuilder lower = new StringBuilder(text.length());
      text.codePoints()
          .forEach(
              c -> {
                if (c == CAPITAL_I_WITH_DOT) {
                  lower.append("i\u0307");
                } else {
                  lower.appendCodePoint(LibraryUnicode.lower(c));
                }
              });
      return lower.toString();
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
      return stretch.part(from, to);
    }
  }

  /** Takes combining marks away. */
  record StripAccents() implements Normalizer {
    @Override
    public Stretch apply(Stretch stretch, Steps steps) {
      return new Stretch(plain(stretch.text()), plain(stretch.beginning()).length());
    }

    private static String plain(String text) {
      StringBuilder plain = new StringBuilder(text.length());
      text.codePoints().filter(c -> !LibraryUnicode.isMark(c)).forEach(plain::appendCodePoint);
      return plain.toString();
    }
  }
}
