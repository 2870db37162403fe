package muninn.text.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import muninn.text.jinja.Value.Stream;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Undefined;
import muninn.text.jinja.Value.Whole;

/** Jinja's filters by name, and those of them that apply tests or other filters. */
final class Filters {
  private static final Set<String> NAMES =
      Set.of(
          "abs",
          "attr",
          "batch",
          "capitalize",
          "center",
          "count",
          "d",
          "default",
          "dictsort",
          "e",
          "escape",
          "first",
          "float",
          "forceescape",
          "format",
          "indent",
          "int",
          "items",
          "join",
          "last",
          "length",
          "list",
          "lower",
          "map",
          "max",
          "min",
          "reject",
          "rejectattr",
          "replace",
          "reverse",
          "round",
          "safe",
          "select",
          "selectattr",
          "slice",
          "sort",
          "string",
          "sum",
          "title",
          "tojson",
          "trim",
          "truncate",
          "unique",
          "upper",
          "wordcount");

  private Filters() {}

  static boolean isKnown(String name) {
    return NAMES.contains(name);
  }

  static Value apply(String name, Value value, CallArguments arguments, Budget budget) {
    return switch (name) {
      case "d", "default" -> {
        CallArguments.Bound bound = arguments.bind(name, 0, "default_value", "boolean");
        boolean missing =
            value instanceof Undefined || bound.truth(1, false) && !Value.truth(value);
        yield missing ? bound.get(0, Text.EMPTY) : value;
      }
      case "attr" -> {
        String attribute = arguments.bind(name, 1, "name").text(0);
        Value found =
            value instanceof Mapping ? null : Attributes.attribute(value, attribute, budget);
        yield found == null ? new Undefined("dict has no '" + attribute + "'") : found;
      }
      case "tojson" -> JsonText.of(value, arguments, budget);
      case "map" -> mapped(value, arguments, budget);
      case "select", "reject", "selectattr", "rejectattr" ->
          selected(name, value, arguments, budget);
      case "abs", "int", "float", "round" -> NumberFilters.apply(name, value, arguments, budget);
      case "batch",
          "count",
          "dictsort",
          "first",
          "items",
          "join",
          "last",
          "length",
          "list",
          "max",
          "min",
          "reverse",
          "slice",
          "sort",
          "sum",
          "unique" ->
          SequenceFilters.apply(name, value, arguments, budget);
      case "capitalize",
          "center",
          "e",
          "escape",
          "forceescape",
          "format",
          "indent",
          "lower",
          "replace",
          "safe",
          "string",
          "title",
          "trim",
          "truncate",
          "upper",
          "wordcount" ->
          TextFilters.apply(name, value, arguments, budget);
      default -> throw TemplateException.of("filter '%s' is not known here", name);
    };
  }

  private static Value mapped(Value value, CallArguments arguments, Budget budget) {
    return lazily(
        value,
        () -> {
          Function<Value, Value> change;
          if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
            CallArguments.Bound bound = arguments.bind("map", 0, "attribute", "default");
            change = getter(bound.get(0), bound.isNone(1) ? null : bound.get(1), budget);
          } else if (arguments.positional().isEmpty()) {
            throw TemplateException.of("map without the name of a filter");
          } else {
            String filter = Printer.text(arguments.positional().getFirst(), budget);
            change = item -> apply(filter, item, arguments.from(1), budget);
          }
          return Iteration.mapped(Iteration.of(value, budget), change).iterator();
        });
  }

  private static Value selected(String name, Value value, CallArguments arguments, Budget budget) {
    boolean wanted = name.startsWith("select");
    boolean attribute = name.endsWith("attr");
    return lazily(
        value,
        () -> {
          List<Value> given = arguments.positional();
          if (attribute && given.isEmpty()) {
            throw TemplateException.of("%s without the name of an attribute", name);
          }
          Function<Value, Value> part =
              attribute ? getter(given.getFirst(), null, budget) : Function.identity();
          int first = attribute ? 1 : 0;
          Predicate<Value> test;
          if (given.size() > first) {
            String by = Printer.text(given.get(first), budget);
            CallArguments rest = arguments.from(first + 1);
            test = item -> Tests.holds(by, part.apply(item), rest, budget) == wanted;
          } else {
            test = item -> Value.truth(part.apply(item)) == wanted;
          }
          return Iteration.filtered(Iteration.of(value, budget), test).iterator();
        });
  }

  /** Nothing happens, and nothing is refused, before somebody asks for the first element. */
  static Stream lazily(Value value, Supplier<Iterator<Value>> elements) {
    return new Stream(
        new Iterator<>() {
          private Iterator<Value> iterator;

          @Override
          public boolean hasNext() {
            if (iterator == null) {
              iterator = Value.truth(value) ? elements.get() : List.<Value>of().iterator();
            }
            return iterator.hasNext();
          }

          @Override
          public Value next() {
            if (!hasNext()) {
              throw new NoSuchElementException();
            }
            return iterator.next();
          }
        });
  }

  /**
   * What gets a part of each value: {@code "a.b.0"} its element {@code a}, of that {@code b}, of
   * that the first.
   *
   * @param path None or null for the value itself
   * @param ifMissing in place of parts that are not there; null for undefined
   */
  static Function<Value, Value> getter(Value path, Value ifMissing, Budget budget) {
    List<Value> parts = new ArrayList<>();
    if (path instanceof Text text) {
      budget.elements(text.chars().length());
      for (String part : PythonText.split(text.chars(), ".", -1)) {
        boolean number = !part.isEmpty() && part.chars().allMatch(Character::isDigit);
        // No list has more elements than nine digits count.
        boolean index = number && part.length() < 10;
        parts.add(index ? Whole.of(Integer.parseInt(part)) : new Text(part));
      }
    } else if (path != null && path != Value.None.NONE) {
      parts.add(path);
    }
    return value -> {
      Value part = value;
      for (Value key : parts) {
        part = Attributes.element(part, key, budget);
        part = part instanceof Undefined && ifMissing != null ? ifMissing : part;
      }
      return part;
    };
  }

  /** Small letters for what sorts and compares without regard to case. */
  static Value ignoringCase(Value value, Budget budget) {
    if (value instanceof Text text) {
      budget.text(text.chars().length());
      return new Text(LetterCase.lower(text.chars()));
    }
    return value;
  }
}
