package muninn.text.jinja;

import java.math.BigInteger;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import muninn.text.jinja.Value.Real;
import muninn.text.jinja.Value.Text;

/** Python's formats of one value, as {@code >8}, {@code +.2f} or {@code #x}. */
final class FormatSpec {
  private static final Pattern SPEC =
      Pattern.compile(
          "(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<alternate>#)?(?<zero>0)?"
              + "(?<width>[0-9]{1,8})?(?<group>[,_])?(?:\\.(?<precision>[0-9]{1,8}))?"
              + "(?<type>[bcdeEfFgGnosxX%])?",
          Pattern.DOTALL);

  private final Matcher spec;
  private final Budget budget;

  private FormatSpec(Matcher spec, Budget budget) {
    this.spec = spec;
    this.budget = budget;
  }

  static String format(Value value, String format, Budget budget) {
    if (format.isEmpty()) {
      return Printer.text(value, budget);
    }
    Matcher spec = SPEC.matcher(format);
    if (!spec.matches()) {
      throw TemplateException.of("a format '%s', which is unknown", format);
    }
    return new FormatSpec(spec, budget).format(value);
  }

  private int number(String part) {
    return spec.group(part) == null ? -1 : Integer.parseInt(spec.group(part));
  }

  private boolean has(String part) {
    return spec.group(part) != null;
  }

  private char type() {
    return has("type") ? spec.group("type").charAt(0) : ' ';
  }

  private String format(Value value) {
    BigInteger whole = Operators.whole(value);
    boolean realType = "eEfFgG%".indexOf(type()) >= 0;
    if (value instanceof Text text) {
      return text(text.chars());
    }
    if (value instanceof Real || whole != null && realType) {
      return real(value instanceof Real real ? real.number() : PythonNumbers.real(whole));
    }
    if (whole != null) {
      return whole(whole);
    }
    throw TemplateException.type("a format", value);
  }

  private TemplateException mismatch(String what) {
    return TemplateException.of("a format '%s' for %s", spec.group(), what);
  }

  private String text(String text) {
    boolean number = has("sign") || has("alternate") || has("group") || "=".equals(align("<"));
    if (number || " s".indexOf(type()) < 0) {
      throw mismatch("a text");
    }
    int precision = number("precision");
    boolean cut = precision >= 0 && PythonText.length(text) > precision;
    return aligned("", cut ? PythonText.part(text, 0, precision) : text, "<");
  }

  private String whole(BigInteger number) {
    if (has("precision") || " bcdnoxX".indexOf(type()) < 0) {
      throw mismatch("a whole number");
    }
    if (type() == 'c') {
      if (number.signum() < 0 || number.bitLength() > 21) {
        throw mismatch("a character");
      }
      return aligned("", Character.toString(number.intValueExact()), "<");
    }
    PythonNumbers.text(number); // refuses what is too long
    int base =
        switch (type()) {
          case 'b' -> 2;
          case 'o' -> 8;
          case 'x', 'X' -> 16;
          default -> 10;
        };
    String digits = number.abs().toString(base);
    String prefix = base != 10 && has("alternate") ? "0" + type() : "";
    digits = type() == 'X' ? digits.toUpperCase(Locale.ROOT) : digits;
    if (",".equals(spec.group("group")) && base != 10) {
      throw mismatch("a number that is not decimal");
    }
    return aligned(sign(number.signum() < 0) + prefix, grouped(digits, base == 10 ? 3 : 4), ">");
  }

  private String real(double number) {
    if ("bcdosxX".indexOf(type()) >= 0) {
      throw mismatch("a float");
    }
    boolean negative = number < 0 || number == 0 && 1 / number < 0;
    double size = Math.abs(number);
    int precision = number("precision");
    budget.text(16L * precision); // each digit takes a while
    boolean alternate = has("alternate");
    String digits =
        switch (type()) {
          case ' ' -> untyped(size, precision, alternate);
          case '%' -> Digits.of(size * 100, 'f', precision, alternate) + "%";
          case 'n' -> Digits.of(size, 'g', precision, alternate);
          default -> Digits.of(size, type(), precision, alternate);
        };
    return aligned(sign(negative), grouped(digits, 3), ">");
  }

  /** Without a letter: as it prints, or with so many digits and one behind the point at least. */
  private static String untyped(double number, int precision, boolean alternate) {
    if (precision < 0 || Double.isNaN(number) || Double.isInfinite(number)) {
      return PythonNumbers.text(number);
    }
    int digits = Math.max(1, precision);
    String text = Digits.general(number, digits, alternate, Math.max(1, digits - 1));
    return text.contains(".") || text.contains("e") ? text : text + ".0";
  }

  private String sign(boolean negative) {
    String wanted = has("sign") ? spec.group("sign") : "-";
    return negative ? "-" : wanted.equals("-") ? "" : wanted;
  }

  private String grouped(String digits, int size) {
    if (!has("group")) {
      return digits;
    }
    int end = 0;
    while (end < digits.length() && Character.digit(digits.charAt(end), 16) >= 0) {
      end++;
    }
    StringBuilder grouped = new StringBuilder(digits);
    for (int at = end - size; at > 0; at -= size) {
      grouped.insert(at, spec.group("group"));
    }
    return grouped.toString();
  }

  private String align(String usual) {
    return has("align") ? spec.group("align") : has("zero") && usual.equals(">") ? "=" : usual;
  }

  /** Filled up to the width; usually texts stand at the left and numbers at the right. */
  private String aligned(String sign, String body, String usual) {
    int width = number("width");
    String fill = has("fill") ? spec.group("fill") : has("zero") ? "0" : " ";
    int missing = Math.max(0, width - PythonText.length(body) - sign.length());
    if (missing > 0 && has("zero") && has("group")) {
      throw TemplateException.of("a format with zeros and groups");
    }
    budget.text(missing);
    return switch (align(usual)) {
      case "<" -> sign + body + fill.repeat(missing);
      case "=" -> sign + fill.repeat(missing) + body;
      case "^" -> fill.repeat(missing / 2) + sign + body + fill.repeat(missing - missing / 2);
      default -> fill.repeat(missing) + sign + body;
    };
  }
}
