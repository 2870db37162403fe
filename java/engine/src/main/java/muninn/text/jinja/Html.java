package muninn.text.jinja;

/** What HTML wants escaped, as MarkupSafe does it. */
final class Html {
  private Html() {}

  static String escaped(String text, Budget budget) {
    budget.text(5L * text.length());
    return text.replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }
}
