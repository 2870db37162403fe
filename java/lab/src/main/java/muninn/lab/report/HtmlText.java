package muninn.lab.report;

/** Text as it stands in a document of HTML. */
final class HtmlText {
  private HtmlText() {}

  /** Text in which no line begins with a per cent sign, or ends in a times sign. */
  static String unbroken(String text) {
    return escaped(text).replace(" %", "\u00a0%").replace("× ", "×\u00a0");
  }

  /** Text for HTML; what no document can hold becomes a replacement character. */
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
                default -> escaped.appendCodePoint(holds(c) ? c : '\ufffd');
              }
            });
    return escaped.toString();
  }

  private static boolean holds(int c) {
    boolean control = c < ' ' && c != '\t' && c != '\n' && c != '\r';
    return !control
        && !(c >= 0x7f && c <= 0x9f)
        && !(c >= 0xd800 && c <= 0xdfff)
        && (c & 0xfffe) != 0xfffe;
  }
}
