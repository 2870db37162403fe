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

  /** With three digits where the point is among them, zeros at the end too: for columns. */
  static String three(double value) {
    double size = Math.abs(value);
    if (!Double.isFinite(value) || (size < 1e-3 && size > 0) || size >= 99_999.5) {
      return shown(value);
    }
    int decimals = size < 0.9995 ? 3 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
    return minus(String.format(Locale.ROOT, "%." + decimals + "f", value));
  }

  /** A share in per cent, to a tenth below 100. */
  public static String percent(double share) {
    if (!Double.isFinite(share)) {
      return shown(share);
    }
    double value = Math.round(1000 * share) / 10.0; // so that there is no −0.0
    return minus(
        String.format(Locale.ROOT, Math.abs(value) < 99.95 ? "%.1f %%" : "%.0f %%", value));
  }

  /** Nanoseconds, in the unit that suits them. */
  public static String time(double nanos) {
    if (nanos < 1e6) {
      return three(nanos / 1e3) + " µs";
    }
    return nanos < 1e9 ? three(nanos / 1e6) + " ms" : three(nanos / 1e9) + " s";
  }

  /** Bytes, in the unit that suits them. */
  public static String bytes(double bytes) {
    if (bytes < 1e3) {
      return Math.round(bytes) + " B";
    }
    return bytes < 1e9 ? three(bytes / 1e6) + " MB" : three(bytes / 1e9) + " GB";
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
}
