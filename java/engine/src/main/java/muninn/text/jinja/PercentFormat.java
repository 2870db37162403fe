package muninn.text.jinja;

import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import muninn.text.jinja.Value.Items;
import muninn.text.jinja.Value.Range;
import muninn.text.jinja.Value.Real;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Undefined;
import muninn.text.jinja.Value.Whole;

/** Python's {@code format % values}. */
final class PercentFormat {
  private final String format;
  private final Value given;
  private final List<Value> values; // by place
  private final Budget budget;
  private final StringBuilder out = new StringBuilder();
  private int at;
  private int used;

  /** What stands between the percent sign and the letter. */
  private record Directive(String flags, int width, int precision) {
    boolean has(char flag) {
      return flags.indexOf(flag) >= 0;
    }
  }

  private PercentFormat(String format, Value given, Budget budget) {
    this.format = format;
    this.given = given;
    this.budget = budget;
    values = given instanceof Items items && items.tuple() ? items.items() : List.of(given);
  }

  static Text format(Text format, Value values, Budget budget) {
    if (format.safe()) {
      throw TemplateException.of("'%%' of a text made safe");
    }
    budget.text(format.chars().length());
    PercentFormat formatted = new PercentFormat(format.chars(), values, budget);
    formatted.run();
    return new Text(formatted.out.toString());
  }

  private void run() {
    while (at < format.length()) {
      int percent = format.indexOf('%', at);
      put(format.substring(at, percent < 0 ? format.length() : percent));
      at = percent < 0 ? format.length() : percent + 1;
      if (percent >= 0) {
        directive();
      }
    }
    // Python does not mind what is left of anything that could be looked into by name.
    boolean named =
        given instanceof Mapping
            || given instanceof Range
            || given instanceof Undefined
            || given instanceof Items items && !items.tuple();
    if (used < values.size() && !named) {
      throw TemplateException.of("'%%' with more values than the format takes");
    }
  }

  private void put(String text) {
    budget.append(out.length(), text.length());
    out.append(text);
  }

  private char next() {
    if (at >= format.length()) {
      throw TemplateException.of("an incomplete format '%s'", format);
    }
    return format.charAt(at++);
  }

  private void directive() {
    Value value = null;
    char c = next();
    if (c == '(') {
      value = named();
      c = next();
    }
    int flagsBegin = at - 1;
    while ("-+ #0".indexOf(c) >= 0) {
      c = next();
    }
    String flags = format.substring(flagsBegin, at - 1);
    at--;
    int width = number();
    int precision = -1;
    if (at < format.length() && format.charAt(at) == '.') {
      at++;
      precision = Math.max(0, number());
    }
    if (width < 0) {
      flags += "-";
      width = width == Integer.MIN_VALUE ? 0 : -width;
    }
    c = next();
    if ("hlL".indexOf(c) >= 0) {
      c = next();
    }
    if (c == '%') {
      put("%");
      return;
    }
    budget.text(width);
    put(field(c, value == null ? place() : value, new Directive(flags, width, precision)));
  }

  private Value named() {
    int depth = 1;
    int begin = at;
    while (depth > 0) {
      char c = next();
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    }
    String key = format.substring(begin, at - 1);
    Value value = given instanceof Mapping mapping ? mapping.get(key) : null;
    if (value == null) {
      throw TemplateException.of("'%%' without a value for '%s'", key);
    }
    return value;
  }

  private Value place() {
    if (used >= values.size()) {
      throw TemplateException.of("'%%' with fewer values than the format takes");
    }
    return values.get(used++);
  }

  /** Digits, or a star that takes the next value; 0 for nothing. */
  private int number() {
    if (at < format.length() && format.charAt(at) == '*') {
      at++;
      if (place() instanceof Whole whole) {
        return PythonNumbers.clamp(whole.number());
      }
      throw TemplateException.of("'%%' with a '*' that gets no whole number");
    }
    int begin = at;
    while (at < format.length() && Literals.isDigit(format.charAt(at))) {
      at++;
    }
    if (at - begin > 9) {
      throw TemplateException.of("'%%' with a width of %d digits", at - begin);
    }
    return begin == at ? 0 : Integer.parseInt(format, begin, at, 10);
  }

  private String field(char type, Value value, Directive directive) {
    return switch (type) {
      case 's' -> text(Printer.text(value, budget), directive);
      case 'r' -> text(Printer.representation(value, budget), directive);
      case 'a' -> text(ascii(Printer.representation(value, budget)), directive);
      case 'c' -> text(character(value), new Directive(directive.flags, directive.width, -1));
      case 'd', 'i', 'u', 'x', 'X', 'o' -> whole(type, value, directive);
      case 'e', 'E', 'f', 'F', 'g', 'G' -> real(type, value, directive);
      default -> throw TemplateException.of("'%%' with the unknown format '%s'", type);
    };
  }

  static String ascii(String representation) {
    StringBuilder ascii = new StringBuilder();
    representation
        .codePoints()
        .forEach(c -> ascii.append(c < 128 ? Character.toString(c) : "\\" + Literals.spelled(c)));
    return ascii.toString();
  }

  private static String character(Value value) {
    BigInteger code = Operators.whole(value);
    if (value instanceof Text text && PythonText.length(text.chars()) == 1) {
      return text.chars();
    }
    if (code == null || code.signum() < 0 || code.bitLength() > 21) {
      throw TemplateException.type("'%c'", value);
    }
    return Character.toString(code.intValueExact());
  }

  private static String text(String text, Directive directive) {
    boolean cut = directive.precision >= 0 && PythonText.length(text) > directive.precision;
    String shown = cut ? PythonText.part(text, 0, directive.precision) : text;
    String fill = " ".repeat(Math.max(0, directive.width - PythonText.length(shown)));
    return directive.has('-') ? shown + fill : fill + shown;
  }

  private String whole(char type, Value value, Directive directive) {
    boolean decimal = "diu".indexOf(type) >= 0;
    BigInteger number = Operators.whole(value);
    if (number == null && decimal && value instanceof Real real) {
      number = PythonNumbers.truncated(real.number());
    }
    if (number == null) {
      throw TemplateException.type("'%" + type + "'", value);
    }
    PythonNumbers.text(number); // refuses what is too long
    String digits = number.abs().toString(decimal ? 10 : type == 'o' ? 8 : 16);
    int zeros = Math.max(0, directive.precision - digits.length());
    budget.text(zeros);
    String prefix = decimal || !directive.has('#') ? "" : "0" + type;
    String body = "0".repeat(zeros) + digits;
    body = type == 'X' ? body.toUpperCase(Locale.ROOT) : body;
    return padded(number.signum() < 0, prefix, body, directive);
  }

  private String real(char type, Value value, Directive directive) {
    budget.text(16L * directive.precision); // each digit takes a while
    BigInteger whole = Operators.whole(value);
    if (whole == null && !(value instanceof Real)) {
      throw TemplateException.type("'%" + type + "'", value);
    }
    double number = value instanceof Real real ? real.number() : PythonNumbers.real(whole);
    boolean negative = number < 0 || number == 0 && 1 / number < 0;
    String body = Digits.of(Math.abs(number), type, directive.precision, directive.has('#'));
    return padded(negative, "", body, directive);
  }

  private static String padded(boolean negative, String prefix, String body, Directive directive) {
    String sign = negative ? "-" : directive.has('+') ? "+" : directive.has(' ') ? " " : "";
    int missing = Math.max(0, directive.width - sign.length() - prefix.length() - body.length());
    if (directive.has('-')) {
      return sign + prefix + body + " ".repeat(missing);
    }
    return directive.has('0')
        ? sign + prefix + "0".repeat(missing) + body
        : " ".repeat(missing) + sign + prefix + body;
  }
}
