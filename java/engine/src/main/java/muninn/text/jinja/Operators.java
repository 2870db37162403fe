package muninn.text.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import muninn.text.jinja.Value.Items;
import muninn.text.jinja.Value.Real;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Truth;
import muninn.text.jinja.Value.Undefined;
import muninn.text.jinja.Value.Whole;

/** Python's arithmetic: whole numbers of any size, floor division, texts and lists added. */
final class Operators {
  private Operators() {}

  static Value binary(String operator, Value a, Value b, Budget budget) {
    if (operator.equals("%") && a instanceof Text format) {
      return PercentFormat.format(format, b, budget);
    }
    defined(a);
    defined(b);
    BigInteger x = whole(a);
    BigInteger y = whole(b);
    if (x != null && y != null) {
      return whole(operator, x, y, budget);
    }
    if ((x != null || a instanceof Real) && (y != null || b instanceof Real)) {
      return real(operator, real(a), real(b));
    }
    return switch (operator) {
      case "+" -> sum(a, b, budget);
      case "*" -> x == null ? repeated(a, y, b, budget) : repeated(b, x, a, budget);
      default -> throw mismatch(operator, a, b);
    };
  }

  static Value unary(String operator, Value a) {
    defined(a);
    BigInteger whole = whole(a);
    if (whole != null) {
      return new Whole(operator.equals("-") ? whole.negate() : whole);
    }
    if (a instanceof Real real) {
      return operator.equals("-") ? new Real(-real.number()) : real;
    }
    throw TemplateException.type("'" + operator + "'", a);
  }

  private static void defined(Value value) {
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
  }

  /** The number of an int or a bool; null for everything else. */
  static BigInteger whole(Value value) {
    return switch (value) {
      case Whole whole -> whole.number();
      case Truth truth -> BigInteger.valueOf(truth.ordinal());
      default -> null;
    };
  }

  private static double real(Value number) {
    return number instanceof Real real ? real.number() : PythonNumbers.real(whole(number));
  }

  private static Value whole(String operator, BigInteger x, BigInteger y, Budget budget) {
    long bits = (long) x.bitLength() + y.bitLength();
    if (bits > 1000) {
      budget.number(bits);
    }
    return switch (operator) {
      case "+" -> new Whole(x.add(y));
      case "-" -> new Whole(x.subtract(y));
      case "*" -> new Whole(x.multiply(y));
      case "/" -> new Real(PythonNumbers.quotient(x, divisor(y)));
      case "//" -> {
        BigInteger[] parts = x.divideAndRemainder(divisor(y));
        boolean below = parts[1].signum() != 0 && x.signum() * y.signum() < 0;
        yield new Whole(below ? parts[0].subtract(BigInteger.ONE) : parts[0]);
      }
      case "%" -> {
        BigInteger rest = x.remainder(divisor(y));
        yield new Whole(rest.signum() * y.signum() < 0 ? rest.add(y) : rest);
      }
      case "**" -> power(x, y, budget);
      default -> throw new IllegalArgumentException(operator);
    };
  }

  private static BigInteger divisor(BigInteger number) {
    if (number.signum() == 0) {
      throw TemplateException.of("a division by zero");
    }
    return number;
  }

  private static Value power(BigInteger x, BigInteger y, Budget budget) {
    if (y.signum() < 0) {
      return real("**", PythonNumbers.real(x), PythonNumbers.real(y));
    }
    if (x.abs().bitLength() <= 1) {
      boolean negative = x.signum() < 0 && y.testBit(0);
      return new Whole(y.signum() == 0 ? BigInteger.ONE : negative ? x : x.abs());
    }
    int exponent = PythonNumbers.clamp(y);
    budget.number((long) x.bitLength() * exponent);
    return new Whole(x.pow(exponent));
  }

  private static Value real(String operator, double x, double y) {
    return new Real(
        switch (operator) {
          case "+" -> x + y;
          case "-" -> x - y;
          case "*" -> x * y;
          case "/" -> x / divisor(y);
          case "//" -> PythonNumbers.floorDivision(x, divisor(y))[0];
          case "%" -> PythonNumbers.floorDivision(x, divisor(y))[1];
          case "**" -> power(x, y);
          default -> throw new IllegalArgumentException(operator);
        });
  }

  private static double divisor(double number) {
    if (number == 0) {
      throw TemplateException.of("a division by zero");
    }
    return number;
  }

  private static double power(double x, double y) {
    if (x == 0 && y < 0) {
      throw TemplateException.of("zero to the power of %s", PythonNumbers.text(y));
    }
    if (x < 0 && y != Math.rint(y)) {
      throw TemplateException.of("a complex number, '**' of a negative number");
    }
    double power = x == 1 || y == 0 ? 1 : Math.pow(x, y);
    if (Double.isInfinite(power) && !Double.isInfinite(x) && !Double.isInfinite(y)) {
      throw TemplateException.of("a power too large for a float");
    }
    return power;
  }

  private static Value sum(Value a, Value b, Budget budget) {
    if (a instanceof Text x && b instanceof Text y) {
      boolean safe = x.safe() || y.safe();
      String left = safe && !x.safe() ? Html.escaped(x.chars(), budget) : x.chars();
      String right = safe && !y.safe() ? Html.escaped(y.chars(), budget) : y.chars();
      budget.text((long) left.length() + right.length());
      return new Text(left + right, safe);
    }
    if (a instanceof Items x && b instanceof Items y && x.tuple() == y.tuple()) {
      budget.elements((long) x.items().size() + y.items().size());
      List<Value> sum = new ArrayList<>(x.items());
      sum.addAll(y.items());
      return new Items(sum, x.tuple());
    }
    throw mismatch("+", a, b);
  }

  private static Value repeated(Value a, BigInteger times, Value b, Budget budget) {
    int count = times == null ? 0 : Math.max(0, PythonNumbers.clamp(times));
    if (times != null && a instanceof Text text) {
      budget.text((long) text.chars().length() * count);
      return new Text(text.chars().isEmpty() ? "" : text.chars().repeat(count), text.safe());
    }
    if (times != null && a instanceof Items items) {
      budget.elements((long) items.items().size() * count);
      List<Value> repeated = new ArrayList<>();
      for (int i = 0; i < count && !items.items().isEmpty(); i++) {
        repeated.addAll(items.items());
      }
      return new Items(repeated, items.tuple());
    }
    throw mismatch("*", a, b);
  }

  private static TemplateException mismatch(String operator, Value a, Value b) {
    return TemplateException.type("'" + operator + "'", a, b);
  }
}
