package muninn.lab.report;

import java.util.Locale;

/** Writes SVG elements; every text is escaped, colours come as classes of {@link Style}. */
final class Svg {
  private final StringBuilder out = new StringBuilder();

  /** Text for HTML and SVG; what XML cannot hold becomes a replacement character. */
  static String escaped(String text) {
    StringBuilder escaped = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                default ->
                    escaped.appendCodePoint(
                        (c < ' ' && c != '\n' && c != '\t')
                                || (c >= 0x7f && c < 0xa0)
                                || (c >= 0xd800 && c <= 0xdfff)
                                || c >= 0xfffe && c <= 0xffff
                            ? 0xfffd
                            : c);
              }
            });
    return escaped.toString();
  }

  Svg line(double x1, double y1, double x2, double y2, String style) {
    return add(
        "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" class=\"%s\"/>", x1, y1, x2, y2, style);
  }

  Svg rect(double x, double y, double width, double height, String style) {
    return add(
        "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" class=\"%s\"/>",
        x, y, width, height, style);
  }

  /** With a colour of its own, the same in light and dark. */
  Svg cell(double x, double y, double width, double height, String colour) {
    return add(
        "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"%s\"/>",
        x, y, width, height, colour);
  }

  Svg circle(double x, double y, double radius, String style) {
    return add("<circle cx=\"%s\" cy=\"%s\" r=\"%s\" class=\"%s\"/>", x, y, radius, style);
  }

  /** A path; {@code way} holds commands and coordinates only. */
  Svg path(String way, String style) {
    return add("<path d=\"%s\" class=\"%s\"/>", way, style);
  }

  /** A text that begins ({@code start}), has its middle or its end at x; y is its base line. */
  Svg text(double x, double y, String anchor, String style, String text) {
    return add(
        "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" class=\"%s\">%s</text>",
        x, y, anchor, style, escaped(text));
  }

  /** A text that reads upwards, its middle at (x, y). */
  Svg upwards(double x, double y, String style, String text) {
    return add(
        "<text transform=\"translate(%s %s) rotate(-90)\" text-anchor=\"middle\""
            + " class=\"%s\">%s</text>",
        x, y, style, escaped(text));
  }

  private Svg add(String element, Object... values) {
    Object[] shown = new Object[values.length];
    for (int i = 0; i < values.length; i++) {
      shown[i] = values[i] instanceof Double d ? Numbers.coordinate(d) : values[i];
    }
    out.append(String.format(Locale.ROOT, element, shown)).append('\n');
    return this;
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
