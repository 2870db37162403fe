package muninn.text.jinja;

/**
 * A piece of a template.
 *
 * @param text what it says: text as it is to appear, strings without quotes, names, operators
 * @param line where it begins, counted from 1
 */
record TemplateToken(Kind kind, String text, int line) {

  enum Kind {
    DATA("text"),
    BEGIN_OUTPUT("'{{'"),
    END_OUTPUT("'}}'"),
    BEGIN_TAG("'{%'"),
    END_TAG("'%}'"),
    NAME("a name"),
    STRING("a string"),
    INTEGER("a whole number"),
    FLOAT("a number"),
    OPERATOR("an operator"),
    END("the end of the template");

    private final String words;

    Kind(String words) {
      this.words = words;
    }
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  boolean isOperator(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }

  /** For "found …" in a sentence. */
  String words() {
    return switch (kind) {
      case NAME, OPERATOR, INTEGER, FLOAT -> "'" + text + "'";
      default -> kind.words;
    };
  }

  /** For "wanted …" in a sentence. */
  static String words(Kind kind) {
    return kind.words;
  }
}
