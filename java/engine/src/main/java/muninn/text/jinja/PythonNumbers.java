package muninn.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's numbers as text and back, and what its arithmetic does otherwise than Java's. */
final class PythonNumbers {
  /** Python converts no longer ones, since that takes time with the square of the length. */
  private static final int MAX_DIGITS = 4300;

  private static final Pattern REAL =
      Pattern.compile(
          "[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?|[-+]?(inf|infinity|nan)",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern WHOLE = Pattern.compile("([-+]?)(0[xXoObB])?([0-9a-zA-Z_]+)");

  /** Underscores must stand between two digits, letters among them where the base has some. */
  private static final Pattern MISPLACED = Pattern.compile("_(?![0-9])|(?<![0-9])_");

  private static final Pattern MISPLACED_IN_WHOLE =
      Pattern.compile("_(?![0-9a-zA-Z])|(?<![0-9a-zA-Z])_");

  private PythonNumbers() {}

  static int clamp(BigInteger number) {
    if (number.bitLength() < 32) {
      return number.intValue();
    }
    return number.signum() < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
  }

  /** {@code str(int)}. */
  static String text(BigInteger number) {
    // 3.32 bits a digit: what is surely longer is not converted to be counted.
    if (number.bitLength() > 4 * MAX_DIGITS) {
      throw TemplateException.of("a number of more than %,d digits as text", MAX_DIGITS);
    }
    String text = number.toString();
    if (text.length() - (number.signum() < 0 ? 1 : 0) > MAX_DIGITS) {
      throw TemplateException.of("a number of more than %,d digits as text", MAX_DIGITS);
    }
    return text;
  }

  /** {@code repr(float)}: the shortest digits that read back as the same number. */
  static String text(double number) {
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      return notFinite(number);
    }
    if (number == 0) {
      return 1 / number < 0 ? "-0.0" : "0.0";
    }
    BigDecimal shortest = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    String digits = shortest.unscaledValue().abs().toString();
    int point = digits.length() - shortest.scale(); // digits before the point
    String sign = number < 0 ? "-" : "";
    if (point > 16 || point < -3) {
      return sign + exponent(digits, point - 1, false);
    }
    if (point <= 0) {
      return sign + "0." + "0".repeat(-point) + digits;
    }
    return point >= digits.length()
        ? sign + digits + "0".repeat(point - digits.length()) + ".0"
        : sign + digits.substring(0, point) + "." + digits.substring(point);
  }

  static String notFinite(double number) {
    return Double.isNaN(number) ? "nan" : number < 0 ? "-inf" : "inf";
  }

  /** Digits with the point behind the first, and an exponent of at least two digits. */
  static String exponent(String digits, int exponent, boolean alwaysPoint) {
    String rest = digits.substring(1);
    String point = rest.isEmpty() && !alwaysPoint ? "" : ".";
    int size = Math.abs(exponent);
    return digits.charAt(0)
        + point
        + rest
        + (exponent < 0 ? "e-" : "e+")
        + (size < 10 ? "0" : "")
        + size;
  }

  /** {@code float(int)}. */
  static double real(BigInteger number) {
    double real = number.doubleValue();
    if (Double.isInfinite(real)) {
      throw TemplateException.of("a whole number too large for a float");
    }
    return real;
  }

  /** Python reads numbers in the digits of all scripts. */
  private static String westernDigits(String text) {
    if (text.chars().allMatch(c -> c < 128)) {
      return text;
    }
    StringBuilder western = new StringBuilder();
    text.codePoints()
        .map(c -> Character.isDigit(c) ? '0' + Character.digit(c, 10) : c)
        .forEach(western::appendCodePoint);
    return western.toString();
  }

  /** {@code float(str)}; null where the text is no number. */
  static Double real(String text) {
    String number = westernDigits(PythonText.strip(text));
    String plain = number.replace("_", "").toLowerCase(Locale.ROOT);
    if (number.length() > 4 * MAX_DIGITS
        || MISPLACED.matcher(number).find()
        || !REAL.matcher(plain).matches()) {
      return null;
    }
    double sign = plain.startsWith("-") ? -1 : 1;
    if (plain.contains("inf")) {
      return sign * Double.POSITIVE_INFINITY;
    }
    return plain.contains("nan") ? Double.NaN : Double.parseDouble(plain);
  }

  /** {@code int(str, base)}; null where the text is no such number. */
  static BigInteger whole(String text, int base) {
    String number = westernDigits(PythonText.strip(text));
    Matcher parts = WHOLE.matcher(number);
    if (base != 0 && (base < 2 || base > 36)
        || number.length() > MAX_DIGITS
        || MISPLACED_IN_WHOLE.matcher(number).find()
        || !parts.matches()) {
      return null;
    }
    String prefix = parts.group(2) == null ? "" : parts.group(2).toLowerCase(Locale.ROOT);
    int stated =
        switch (prefix) {
          case "0x" -> 16;
          case "0o" -> 8;
          case "0b" -> 2;
          default -> 10;
        };
    String digits = parts.group(3);
    if (!prefix.isEmpty() && base != 0 && base != stated) {
      // With another base these letters are digits, or there is no such number.
      digits = prefix + digits;
      prefix = "";
    }
    if (prefix.isEmpty() && digits.startsWith("_")) {
      return null;
    }
    String plain = digits.replace("_", "");
    if (base == 0 && prefix.isEmpty() && plain.startsWith("0") && !plain.matches("0++")) {
      return null;
    }
    try {
      BigInteger value = new BigInteger(plain, base == 0 || !prefix.isEmpty() ? stated : base);
      return parts.group(1).equals("-") ? value.negate() : value;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** {@code int(float)}. */
  static BigInteger truncated(double number) {
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      throw TemplateException.of("%s as a whole number", notFinite(number));
    }
    return new BigDecimal(number).toBigInteger();
  }

  /** {@code round(float, digits)}: the exact value is rounded, halves to even. */
  static double rounded(double number, int digits) {
    if (Double.isNaN(number) || Double.isInfinite(number) || digits > 400) {
      return number;
    }
    if (digits < -400) {
      return Math.copySign(0.0, number);
    }
    double rounded = new BigDecimal(number).setScale(digits, RoundingMode.HALF_EVEN).doubleValue();
    if (Double.isInfinite(rounded)) {
      throw TemplateException.of("a rounded number too large for a float");
    }
    return Math.copySign(rounded, number);
  }

  /** {@code round(int, digits)}. */
  static BigInteger rounded(BigInteger number, int digits) {
    if (digits >= 0) {
      return number;
    }
    if (-digits > MAX_DIGITS * 5) {
      return BigInteger.ZERO;
    }
    return new BigDecimal(number).setScale(digits, RoundingMode.HALF_EVEN).toBigInteger();
  }

  /** {@code int / int}, rounded once; the divisor is not zero. */
  static double quotient(BigInteger a, BigInteger b) {
    if (a.bitLength() <= 53 && b.bitLength() <= 53) {
      return a.doubleValue() / b.doubleValue();
    }
    // A quotient of 66 bits or more, with a last bit that says whether anything is left.
    int shift = Math.max(0, 66 + b.bitLength() - a.bitLength());
    BigInteger[] parts = a.abs().shiftLeft(shift).divideAndRemainder(b.abs());
    BigInteger bits = parts[1].signum() == 0 ? parts[0] : parts[0].setBit(0);
    double size = bits.doubleValue();
    double scaled = Math.scalb(size, -shift);
    if (Double.isInfinite(scaled)) {
      throw TemplateException.of("a quotient too large for a float");
    }
    return a.signum() * b.signum() < 0 ? -scaled : scaled;
  }

  /** {@code float // float} and {@code float % float}; the divisor is not zero. */
  static double[] floorDivision(double a, double b) {
    double rest = a % b;
    double quotient = (a - rest) / b;
    if (rest != 0) {
      if (b < 0 != rest < 0) {
        rest += b;
        quotient -= 1;
      }
    } else {
      rest = Math.copySign(0.0, b);
    }
    double floor = quotient == 0 ? Math.copySign(0.0, a / b) : Math.floor(quotient);
    return new double[] {quotient - floor > 0.5 ? floor + 1 : floor, rest};
  }
}
