package muninn.text.jinja;

import java.util.Locale;

/**
 * Why a template cannot be parsed or rendered, in words that a user can act on; the caller adds the
 * file and the remedy.
 */
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean raised;
  private final int line;

  private TemplateException(String message, boolean raised, int line) {
    super(message, null, false, false); // a template's fault: our own stack says nothing about it
    this.raised = raised;
    this.line = line;
  }

  /** A message in {@link String#format} style. */
  static TemplateException of(String format, Object... args) {
    return new TemplateException(String.format(Locale.ROOT, format, args), false, 0);
  }

  /** What {@code raise_exception} throws; the message is the template's own words. */
  static TemplateException raised(String message) {
    return new TemplateException(message, true, 0);
  }

  /** Python's TypeError: an operation on values that it does not take. */
  static TemplateException type(String what, Value... values) {
    StringBuilder types = new StringBuilder();
    for (Value value : values) {
      types.append(types.isEmpty() ? "" : " and ").append(Value.type(value));
    }
    return of("%s of %s", what, types);
  }

  /** The same, with the line of the statement where it happened; the innermost is kept. */
  TemplateException at(int statement) {
    return line > 0 || raised ? this : new TemplateException(super.getMessage(), false, statement);
  }

  /** Whether the template itself refused what it was given. */
  public boolean isRaised() {
    return raised;
  }

  @Override
  public String getMessage() {
    return line > 0 ? super.getMessage() + " (line " + line + ")" : super.getMessage();
  }
}
