package muninn.text.jinja;

import java.util.Set;
import muninn.text.jinja.Value.Items;
import muninn.text.jinja.Value.None;
import muninn.text.jinja.Value.Range;
import muninn.text.jinja.Value.Real;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Truth;
import muninn.text.jinja.Value.Undefined;
import muninn.text.jinja.Value.Whole;

/** Jinja's tests: what may stand behind {@code is}. */
final class Tests {
  private static final Set<String> WITH_ARGUMENT =
      Set.of(
          "!=",
          "<",
          "<=",
          "==",
          ">",
          ">=",
          "divisibleby",
          "eq",
          "equalto",
          "ge",
          "greaterthan",
          "gt",
          "in",
          "le",
          "lessthan",
          "lt",
          "ne",
          "sameas");
  private static final Set<String> ALONE =
      Set.of(
          "boolean",
          "callable",
          "defined",
          "escaped",
          "even",
          "false",
          "filter",
          "float",
          "integer",
          "iterable",
          "lower",
          "mapping",
          "none",
          "number",
          "odd",
          "sequence",
          "string",
          "test",
          "true",
          "undefined",
          "upper");

  private Tests() {}

  static boolean isKnown(String name) {
    return ALONE.contains(name) || WITH_ARGUMENT.contains(name);
  }

  static boolean holds(String name, Value value, CallArguments arguments, Budget budget) {
    if (WITH_ARGUMENT.contains(name)) {
      return holds(name, value, arguments.bind(name, 1, "other").get(0), budget);
    }
    if (!ALONE.contains(name)) {
      throw TemplateException.of("test '%s' is not known here", name);
    }
    arguments.bind("test '" + name + "'", 0);
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == None.NONE;
      case "boolean" -> value instanceof Truth;
      case "true" -> value == Truth.TRUE;
      case "false" -> value == Truth.FALSE;
      case "integer" -> value instanceof Whole;
      case "float" -> value instanceof Real;
      case "number" -> Comparison.isNumber(value);
      case "string" -> value instanceof Text;
      case "mapping" -> value instanceof Mapping;
      case "iterable" -> Iteration.isIterable(value);
      case "sequence" -> isSequence(value);
      case "callable" -> isCallable(value);
      case "escaped" -> value instanceof Text text && text.safe();
      case "odd" -> remainder(value, Whole.of(2), Whole.of(1), budget);
      case "even" -> remainder(value, Whole.of(2), Whole.of(0), budget);
      case "lower" -> LetterCase.isAll(Printer.text(value, budget), Character::isLowerCase);
      case "upper" -> LetterCase.isAll(Printer.text(value, budget), Character::isUpperCase);
      case "filter" -> value instanceof Text text && Filters.isKnown(text.chars());
      default -> value instanceof Text text && isKnown(text.chars()); // "test"
    };
  }

  private static boolean holds(String name, Value value, Value other, Budget budget) {
    return switch (name) {
      case "==", "eq", "equalto" -> Comparison.equal(value, other, budget);
      case "!=", "ne" -> !Comparison.equal(value, other, budget);
      case "<", "lt", "lessthan" -> Comparison.ordered("<", value, other, budget);
      case "<=", "le" -> Comparison.ordered("<=", value, other, budget);
      case ">", "gt", "greaterthan" -> Comparison.ordered(">", value, other, budget);
      case ">=", "ge" -> Comparison.ordered(">=", value, other, budget);
      case "in" -> Comparison.contains(other, value, budget);
      case "divisibleby" -> remainder(value, other, Whole.of(0), budget);
      default -> isSame(value, other);
    };
  }

  private static boolean remainder(Value value, Value divisor, Value wanted, Budget budget) {
    return Comparison.equal(Operators.binary("%", value, divisor, budget), wanted, budget);
  }

  /** Small whole numbers are one object each in Python. */
  private static boolean isSame(Value a, Value b) {
    return Comparison.isOne(a, b)
        || a instanceof Whole x
            && b instanceof Whole y
            && x.equals(y)
            && x.number().bitLength() <= 8;
  }

  private static boolean isSequence(Value value) {
    return switch (value) {
      case Text _, Items _, Mapping _, Range _, Undefined _ -> true;
      default -> false;
    };
  }

  private static boolean isCallable(Value value) {
    return value instanceof Callable || value instanceof Undefined || value instanceof Loop;
  }
}
