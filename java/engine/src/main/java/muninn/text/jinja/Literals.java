package muninn.text.jinja;

import java.math.BigInteger;
import java.util.HexFormat;

/** Numbers and strings as they stand in a template. */
final class Literals {
  /** Python converts no longer ones, since that takes time with the square of the length. */
  private static final int MAX_DIGITS = 4300;

  private Literals() {}

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static char charAt(String source, int index) {
    return index < source.length() ? source.charAt(index) : '\0';
  }

  /** Where digits of a base end, single underscores between them allowed; {@code at} for none. */
  private static int digitsEnd(String source, int at, int base) {
    int end = at;
    while (true) {
      int next = end > at && charAt(source, end) == '_' ? end + 1 : end;
      if (charAt(source, next) > 'f' || Character.digit(charAt(source, next), base) < 0) {
        return end;
      }
      end = next + 1;
    }
  }

  /** Where a number with a fraction or an exponent ends; 0 where there is none. */
  static int floatEnd(String source, int at) {
    int end = digitsEnd(source, at, 10);
    boolean real = false;
    if (charAt(source, end) == '.' && isDigit(charAt(source, end + 1))) {
      end = digitsEnd(source, end + 1, 10);
      real = true;
    }
    if (charAt(source, end) == 'e' || charAt(source, end) == 'E') {
      char sign = charAt(source, end + 1);
      int exponent = sign == '-' || sign == '+' ? end + 2 : end + 1;
      if (isDigit(charAt(source, exponent))) {
        end = digitsEnd(source, exponent, 10);
        real = true;
      }
    }
    return real ? end : 0;
  }

  private static int base(char prefix) {
    return switch (prefix) {
      case 'b', 'B' -> 2;
      case 'o', 'O' -> 8;
      case 'x', 'X' -> 16;
      default -> 10;
    };
  }

  /** Where a whole number ends; behind a zero no other digits than zeros may follow. */
  static int integerEnd(String source, int at) {
    if (source.charAt(at) != '0') {
      return digitsEnd(source, at, 10);
    }
    int base = base(charAt(source, at + 1));
    if (base != 10) {
      // An underscore may stand before the first digit.
      int first = charAt(source, at + 2) == '_' ? at + 3 : at + 2;
      int end = digitsEnd(source, first, base);
      if (end > first) {
        return end;
      }
    }
    int end = at + 1;
    while (charAt(source, end) == '0'
        || charAt(source, end) == '_' && charAt(source, end + 1) == '0') {
      end++;
    }
    return end;
  }

  static BigInteger integer(TemplateToken token) {
    String digits = token.text().replace("_", "");
    if (digits.length() > MAX_DIGITS) {
      throw TemplateException.of("a number of %,d digits", digits.length()).at(token.line());
    }
    int base = digits.length() > 1 ? base(digits.charAt(1)) : 10;
    return base == 10 ? new BigInteger(digits) : new BigInteger(digits.substring(2), base);
  }

  static double real(TemplateToken token) {
    return Double.parseDouble(token.text().replace("_", ""));
  }

  /** Behind the quote that ends a string; -1 where none does. */
  static int stringEnd(String source, int at) {
    for (int i = at + 1; i < source.length(); i++) {
      if (source.charAt(i) == '\\') {
        i++;
      } else if (source.charAt(i) == source.charAt(at)) {
        return i + 1;
      }
    }
    return -1;
  }

  /** The text that a string stands for, by Python's rules for backslashes. */
  static String unescaped(String inside, int line) {
    StringBuilder text = new StringBuilder(inside.length());
    for (int i = 0; i < inside.length(); ) {
      int c = inside.codePointAt(i);
      i += Character.charCount(c);
      if (c != '\\') {
        text.appendCodePoint(c);
      } else {
        i = escape(inside, i, text, line);
      }
    }
    return text.toString();
  }

  /** One escape; {@code at} is behind its backslash. */
  private static int escape(String inside, int at, StringBuilder text, int line) {
    int c = inside.codePointAt(at);
    int next = at + Character.charCount(c);
    if (c > 127) {
      // Jinja spells these as escapes of their own first, and the backslash takes theirs.
      text.append('\\').append(spelled(c));
      return next;
    }
    switch (c) {
      case '\n' -> {}
      case '\\', '\'', '"' -> text.append((char) c);
      case 'a' -> text.append('\u0007');
      case 'b' -> text.append('\b');
      case 'f' -> text.append('\f');
      case 'n' -> text.append('\n');
      case 'r' -> text.append('\r');
      case 't' -> text.append('\t');
      case 'v' -> text.append('\u000b');
      case 'x' -> next = hex(inside, next, 2, text, line);
      case 'u' -> next = hex(inside, next, 4, text, line);
      case 'U' -> next = hex(inside, next, 8, text, line);
      case 'N' -> next = named(inside, next, text, line);
      case '0', '1', '2', '3', '4', '5', '6', '7' -> {
        int value = 0;
        next = at;
        while (next < at + 3
            && next < inside.length()
            && "01234567".indexOf(inside.charAt(next)) >= 0) {
          value = value * 8 + inside.charAt(next++) - '0';
        }
        text.appendCodePoint(value);
      }
      default -> text.append('\\').append((char) c);
    }
    return next;
  }

  /** A character as an escape without its backslash. */
  static String spelled(int c) {
    HexFormat hex = HexFormat.of();
    return c < 256
        ? "x" + hex.toHexDigits((byte) c)
        : c < 65536 ? "u" + hex.toHexDigits((char) c) : "U" + hex.toHexDigits(c);
  }

  private static int hex(String inside, int at, int digits, StringBuilder text, int line) {
    int end = at;
    while (end < at + digits && Character.digit(charAt(inside, end), 16) >= 0) {
      end++;
    }
    long value = end < at + digits ? -1 : Long.parseLong(inside, at, end, 16);
    if (value < 0 || value > Character.MAX_CODE_POINT) {
      throw TemplateException.of("a broken escape '\\%s' in a string", charAt(inside, at - 1))
          .at(line);
    }
    text.appendCodePoint((int) value);
    return end;
  }

  private static int named(String inside, int at, StringBuilder text, int line) {
    int end = charAt(inside, at) == '{' ? inside.indexOf('}', at) : -1;
    try {
      text.appendCodePoint(Character.codePointOf(inside.substring(at + 1, end)));
    } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
      throw TemplateException.of("a broken escape '\\N' in a string").at(line);
    }
    return end + 1;
  }
}
