package muninn.lab.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people read them: few digits, prefixes for the large, powers for the small. */
public final class Numbers {
  private static final String[] LARGE = {"", "k", "M", "G", "T", "P"};

  private Numbers() {}

  /** With three significant digits. */
  public static String shown(double value) {
    return shown(value, 3);
  }

  /** With a unit, as {@code 3.35 TB/s}. */
  public static String shown(double value, String unit) {
    String number = shown(value);
    int last = number.length() - 1;
    return Character.isLetter(number.charAt(last))
        ? number.substring(0, last) + " " + number.charAt(last) + unit
        : number + " " + unit;
  }

  static String shown(double value, int digits) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
    }
    if (value == 0) {
      return "0";
    }
    double size = Math.abs(value);
    if (size < 1e-3) {
      return power(value, digits);
    }
    int prefix = 0;
    while (size >= 99_999.5 || (prefix > 0 && size >= 999.5)) {
      size /= 1000;
      prefix++;
      if (prefix == LARGE.length - 1) {
        break;
      }
    }
    double scaled = Math.copySign(size, value);
    BigDecimal rounded = new BigDecimal(scaled).round(new MathContext(digits));
    if (rounded.scale() < 0) {
      rounded = new BigDecimal(Math.round(scaled));
    }
    String text = rounded.stripTrailingZeros().toPlainString();
    return minus(text) + LARGE[prefix];
  }

  private static String power(double value, int digits) {
    int exponent = (int) Math.floor(Math.log10(Math.abs(value)));
    double mantissa = value / Math.pow(10, exponent);
    String shown =
        new BigDecimal(mantissa)
            .round(new MathContext(Math.min(digits, 2)))
            .stripTrailingZeros()
            .toPlainString();
    String ten = "10" + superscript(exponent);
    return shown.equals("1") ? ten : minus(shown) + "·" + ten;
  }

  /** 10 to a whole power, for the ticks of a logarithmic axis. */
  static String powerOfTen(int exponent) {
    return exponent >= -2 && exponent <= 4
        ? shown(Math.pow(10, exponent))
        : "10" + superscript(exponent);
  }

  private static String superscript(int number) {
    StringBuilder raised = new StringBuilder();
    for (char c : Integer.toString(number).toCharArray()) {
      raised.append(
          switch (c) {
            case '-' -> '⁻';
            case '1' -> '¹';
            case '2' -> '²';
            case '3' -> '³';
            default -> (char) ('⁰' + (c - '0'));
          });
    }
    return raised.toString();
  }

  private static String minus(String number) {
    return number.replace('-', '−');
  }

  /** A coordinate: a hundredth of a unit is more than any screen shows. */
  static String coordinate(double value) {
    String text = String.format(Locale.ROOT, "%.2f", value);
    String cut = text.replaceAll("0+$", "").replaceAll("\\.$", "");
    return cut.equals("-0") ? "0" : cut;
  }
}
