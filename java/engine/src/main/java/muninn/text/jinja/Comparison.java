package muninn.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import muninn.text.jinja.Value.Items;
import muninn.text.jinja.Value.Range;
import muninn.text.jinja.Value.Real;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Undefined;
import muninn.text.jinja.Value.View;

/** Python's {@code ==}, {@code <} and {@code in}, and its stable sorting by them. */
final class Comparison {
  private Comparison() {}

  static boolean equal(Value a, Value b, Budget budget) {
    budget.enter();
    boolean equal = equalInside(a, b, budget);
    budget.leave();
    return equal;
  }

  private static boolean equalInside(Value a, Value b, Budget budget) {
    if (isNumber(a) && isNumber(b)) {
      return isComparable(a, b) && order(a, b) == 0;
    }
    return switch (a) {
      case Text x when b instanceof Text y -> {
        budget.scan(x.chars().length());
        yield x.chars().equals(y.chars());
      }
      case Undefined _ -> b instanceof Undefined;
      case Items x when b instanceof Items y ->
          x.tuple() == y.tuple()
              && x.items().size() == y.items().size()
              && firstDifference(x.items(), y.items(), budget) == x.items().size();
      case Mapping x when b instanceof Mapping y -> equal(x, y, budget);
      case Range x when b instanceof Range y -> equal(x, y);
      case View x when b instanceof View -> throw TemplateException.type("'=='", x, b);
      default -> isOne(a, b);
    };
  }

  private static boolean equal(Mapping x, Mapping y, Budget budget) {
    if (x.size() != y.size()) {
      return false;
    }
    for (Mapping.Entry entry : x.entries()) {
      Value other = y.get(entry.key());
      if (other == null || !same(entry.value(), other, budget)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equal(Range x, Range y) {
    return x.size() == y.size()
        && (x.size() == 0 || x.start() == y.start() && (x.size() == 1 || x.step() == y.step()));
  }

  /** As containers compare what they hold: one and the same value is equal, even not-a-number. */
  static boolean same(Value a, Value b, Budget budget) {
    return isOne(a, b) || equal(a, b, budget);
  }

  /** Python's {@code is}. */
  @SuppressWarnings("ReferenceEquality")
  static boolean isOne(Value a, Value b) {
    return a == b;
  }

  private static int firstDifference(List<Value> x, List<Value> y, Budget budget) {
    int common = Math.min(x.size(), y.size());
    int i = 0;
    while (i < common && same(x.get(i), y.get(i), budget)) {
      i++;
    }
    return i;
  }

  static boolean isNumber(Value value) {
    return value instanceof Real || Operators.whole(value) != null;
  }

  /** Not-a-number has no order. */
  private static boolean isComparable(Value a, Value b) {
    return !(a instanceof Real x && Double.isNaN(x.number()))
        && !(b instanceof Real y && Double.isNaN(y.number()));
  }

  /** Of two numbers; a whole one and a float are compared exactly. */
  private static int order(Value a, Value b) {
    BigInteger x = Operators.whole(a);
    BigInteger y = Operators.whole(b);
    if (x != null && y != null) {
      return x.compareTo(y);
    }
    if (a instanceof Real p && b instanceof Real q) {
      return p.number() == q.number() ? 0 : Double.compare(p.number(), q.number());
    }
    if (y != null) {
      return -order(b, a);
    }
    double real = ((Real) b).number();
    return Double.isInfinite(real)
        ? (real > 0 ? -1 : 1)
        : new BigDecimal(x).compareTo(new BigDecimal(real));
  }

  /** {@code a operator b} for {@code < <= > >=}. */
  static boolean ordered(String operator, Value a, Value b, Budget budget) {
    budget.enter();
    boolean result = orderedInside(operator, a, b, budget);
    budget.leave();
    return result;
  }

  private static boolean orderedInside(String operator, Value a, Value b, Budget budget) {
    if (isNumber(a) && isNumber(b)) {
      return isComparable(a, b) && holds(operator, order(a, b));
    }
    if (a instanceof Text x && b instanceof Text y) {
      budget.scan(Math.min(x.chars().length(), y.chars().length()));
      return holds(operator, PythonText.compare(x.chars(), y.chars()));
    }
    if (a instanceof Items x && b instanceof Items y && x.tuple() == y.tuple()) {
      int i = firstDifference(x.items(), y.items(), budget);
      return i < x.items().size() && i < y.items().size()
          ? ordered(operator, x.items().get(i), y.items().get(i), budget)
          : holds(operator, Integer.compare(x.items().size(), y.items().size()));
    }
    for (Value value : List.of(a, b)) {
      if (value instanceof Undefined undefined) {
        throw undefined.used();
      }
    }
    throw TemplateException.type("'" + operator + "'", a, b);
  }

  private static boolean holds(String operator, int order) {
    return switch (operator) {
      case "<" -> order < 0;
      case "<=" -> order <= 0;
      case ">" -> order > 0;
      case ">=" -> order >= 0;
      default -> throw new IllegalArgumentException(operator);
    };
  }

  /** {@code item in container}. */
  static boolean contains(Value container, Value item, Budget budget) {
    switch (container) {
      case Text text -> {
        if (!(item instanceof Text part)) {
          throw TemplateException.type("'in' with a text on the right", item);
        }
        budget.search(text.chars().length(), part.chars().length());
        return text.chars().contains(part.chars());
      }
      case Mapping mapping -> {
        return mapping.get(item) != null;
      }
      case View view when view.kind() == View.Kind.KEYS -> {
        return view.of().get(item) != null;
      }
      default -> {
        Iterator<Value> items = Iteration.of(container, budget);
        while (items.hasNext()) {
          if (same(items.next(), item, budget)) {
            return true;
          }
        }
        return false;
      }
    }
  }

  /** {@code sorted(items, reverse)}: stable either way; each comparison counts as work. */
  static List<Value> sorted(
      List<Value> items,
      java.util.function.UnaryOperator<Value> key,
      boolean reverse,
      Budget budget) {
    budget.elements(2L * items.size());
    List<Value[]> keyed = new ArrayList<>();
    for (Value item : reverse ? items.reversed() : items) {
      keyed.add(new Value[] {key.apply(item), item});
    }
    Comparator<Value[]> order =
        (a, b) -> ordered("<", a[0], b[0], budget) ? -1 : ordered("<", b[0], a[0], budget) ? 1 : 0;
    try {
      keyed.sort(order);
    } catch (IllegalArgumentException e) {
      throw TemplateException.of("sorting of values without an order"); // not-a-number among them
    }
    List<Value> sorted = new ArrayList<>();
    keyed.forEach(pair -> sorted.add(pair[1]));
    return reverse ? sorted.reversed() : sorted;
  }
}
