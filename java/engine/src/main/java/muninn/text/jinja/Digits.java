package muninn.text.jinja;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/**
 * Floats with a stated number of digits, as C and Python format them: the exact value is rounded,
 * halves to even.
 */
final class Digits {
  private static final int MAX_PRECISION = 1_000;

  private Digits() {}

  /**
   * The digits of a number that is not negative.
   *
   * @param type one of {@code e f g}, also large
   * @param precision digits behind the point, or digits in all for {@code g}; -1 for 6
   * @param alternate whether the point and the zeros at the end stay
   */
  static String of(double number, char type, int precision, boolean alternate) {
    int digits = precision < 0 ? 6 : precision;
    if (digits > MAX_PRECISION) {
      throw TemplateException.of("a precision of %,d, wanted at most %,d", digits, MAX_PRECISION);
    }
    String text =
        Double.isNaN(number) || Double.isInfinite(number)
            ? PythonNumbers.notFinite(number)
            : switch (Character.toLowerCase(type)) {
              case 'f' -> fixed(number, digits, alternate);
              case 'e' -> exponent(number, digits, alternate);
              default -> general(number, Math.max(1, digits), alternate, Math.max(1, digits));
            };
    return Character.isUpperCase(type) ? text.toUpperCase(Locale.ROOT) : text;
  }

  private static String fixed(double number, int digits, boolean alternate) {
    String text = new BigDecimal(number).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    return digits == 0 && alternate ? text + "." : text;
  }

  private static String exponent(double number, int digits, boolean alternate) {
    if (number == 0) {
      return PythonNumbers.exponent("0" + "0".repeat(digits), 0, alternate);
    }
    BigDecimal rounded =
        new BigDecimal(number).round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
    String all = rounded.unscaledValue().toString();
    int exponent = all.length() - 1 - rounded.scale();
    String padded = all + "0".repeat(Math.max(0, digits + 1 - all.length()));
    return PythonNumbers.exponent(padded.substring(0, digits + 1), exponent, alternate);
  }

  /**
   * Fixed or with an exponent, whichever fits.
   *
   * @param fixedBelow the first power of ten that gets an exponent
   */
  static String general(double number, int digits, boolean alternate, int fixedBelow) {
    if (number == 0) {
      return alternate ? "0." + "0".repeat(digits - 1) : "0";
    }
    String scientific = exponent(number, digits - 1, false);
    int mark = scientific.indexOf('e');
    int exponent = Integer.parseInt(scientific.substring(mark + 1));
    if (exponent < -4 || exponent >= fixedBelow) {
      String mantissa = scientific.substring(0, mark);
      return (alternate ? mantissa + (digits == 1 ? "." : "") : trimmed(mantissa))
          + scientific.substring(mark);
    }
    String fixed = fixed(number, Math.max(0, digits - 1 - exponent), alternate);
    return alternate ? fixed : trimmed(fixed);
  }

  private static String trimmed(String digits) {
    int end = digits.length();
    while (digits.indexOf('.') >= 0 && digits.charAt(end - 1) == '0') {
      end--;
    }
    return digits.substring(0, digits.charAt(end - 1) == '.' ? end - 1 : end);
  }
}
