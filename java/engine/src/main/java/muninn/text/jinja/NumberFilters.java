package muninn.text.jinja;

import java.math.BigInteger;
import java.math.RoundingMode;
import muninn.text.jinja.Value.Real;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Undefined;
import muninn.text.jinja.Value.Whole;

/** The filters that make numbers. */
final class NumberFilters {
  private NumberFilters() {}

  static Value apply(String name, Value value, CallArguments arguments, Budget budget) {
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    return switch (name) {
      case "abs" -> {
        arguments.bind(name, 0);
        yield absolute(value);
      }
      case "int" -> whole(value, arguments, budget);
      case "float" -> {
        Value ifNone = arguments.bind(name, 0, "default").get(0, new Real(0));
        Double real = real(value, budget);
        yield real == null ? ifNone : new Real(real);
      }
      default -> rounded(value, arguments, budget);
    };
  }

  private static Value absolute(Value value) {
    BigInteger whole = Operators.whole(value);
    if (whole != null) {
      return new Whole(whole.abs());
    }
    if (value instanceof Real real) {
      return new Real(Math.abs(real.number()));
    }
    throw TemplateException.type("abs", value);
  }

  /** Null for what is no number, nor the text of one. */
  private static Double real(Value value, Budget budget) {
    return switch (value) {
      case Real real -> (Double) real.number();
      case Text text -> {
        budget.text(text.chars().length());
        yield PythonNumbers.real(text.chars());
      }
      default -> {
        BigInteger whole = Operators.whole(value);
        yield whole == null ? null : (Double) PythonNumbers.real(whole);
      }
    };
  }

  private static Value whole(Value value, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind("int", 0, "default", "base");
    Value ifNone = bound.get(0, Whole.of(0));
    BigInteger number = Operators.whole(value);
    if (value instanceof Text text) {
      budget.text(text.chars().length());
      number = PythonNumbers.whole(text.chars(), bound.whole(1, 10));
    } else if (value instanceof Real real && Double.isInfinite(real.number())) {
      throw TemplateException.of("an infinite number as a whole one");
    }
    if (number != null) {
      return new Whole(number);
    }
    Double real = real(value, budget); // so that "42.23" is 42
    return real == null || Double.isNaN(real) || Double.isInfinite(real)
        ? ifNone
        : new Whole(PythonNumbers.truncated(real));
  }

  private static Value rounded(Value value, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind("round", 0, "precision", "method");
    int precision = bound.whole(0, 0);
    String method = bound.text(1, "common");
    BigInteger whole = Operators.whole(value);
    if (!(value instanceof Real) && whole == null) {
      throw TemplateException.type("round", value);
    }
    switch (method) {
      case "common" -> {
        return whole != null
            ? new Whole(PythonNumbers.rounded(whole, precision))
            : new Real(PythonNumbers.rounded(((Real) value).number(), precision));
      }
      case "ceil", "floor" -> {
        Value power = Operators.binary("**", Whole.of(10), Whole.of(precision), budget);
        Value scaled = Operators.binary("*", value, power, budget);
        RoundingMode mode = method.equals("ceil") ? RoundingMode.CEILING : RoundingMode.FLOOR;
        Value integral =
            scaled instanceof Real real ? new Whole(integral(real.number(), mode)) : scaled;
        return Operators.binary("/", integral, power, budget);
      }
      default -> throw TemplateException.of("round by method '%s'", method);
    }
  }

  private static BigInteger integral(double number, RoundingMode mode) {
    return PythonNumbers.truncated(
        mode == RoundingMode.CEILING ? Math.ceil(number) : Math.floor(number));
  }
}
