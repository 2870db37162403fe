package muninn.text.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import muninn.text.jinja.Value.Items;
import muninn.text.jinja.Value.None;
import muninn.text.jinja.Value.Range;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Truth;
import muninn.text.jinja.Value.Undefined;
import muninn.text.jinja.Value.View;
import muninn.text.jinja.Value.Whole;

/**
 * What {@code value.name}, {@code value[key]} and {@code value[from:to:step]} come to: Jinja looks
 * for an attribute first after a dot and for an element first in brackets, and takes the other
 * where there is none. Names that begin with an underscore and methods that would change a value
 * are undefined, as in the sandbox of the published loaders.
 */
final class Attributes {
  private static final Set<String> CHANGING =
      Set.of(
          "append",
          "clear",
          "extend",
          "insert",
          "pop",
          "popitem",
          "remove",
          "reverse",
          "setdefault",
          "sort",
          "update");

  private Attributes() {}

  /** {@code value.name}. */
  static Value attribute(Value value, String name, Budget budget) {
    Value found = own(value, name, budget);
    if (found == null && value instanceof Mapping mapping) {
      found = mapping.get(name);
    }
    return found == null ? missing(value, name) : found;
  }

  /** {@code value[key]}. */
  static Value element(Value value, Value key, Budget budget) {
    Value found =
        switch (value) {
          case Undefined undefined -> throw undefined.used();
          case Mapping mapping -> mapping.find(key);
          case Text _, Items _, Range _ -> at(value, key, budget);
          default -> null;
        };
    if (found == null && key instanceof Text name) {
      found = own(value, name.chars(), budget);
    }
    return found != null ? found : missing(value, name(key));
  }

  private static Undefined missing(Value value, String name) {
    return new Undefined(Value.type(value) + " has no '", name, "'");
  }

  private static String name(Value key) {
    return switch (key) {
      case Text text -> text.chars();
      case Whole whole when whole.number().bitLength() < 64 -> whole.number().toString();
      default -> Value.type(key);
    };
  }

  private static Value at(Value value, Value key, Budget budget) {
    BigInteger number = Operators.whole(key);
    int length = number == null ? 0 : Iteration.length(value, budget);
    int index = number == null ? 0 : PythonNumbers.clamp(number);
    int place = index < 0 ? index + length : index;
    if (number == null || place < 0 || place >= length) {
      return null;
    }
    return switch (value) {
      case Text text -> new Text(PythonText.part(text.chars(), place, place + 1), text.safe());
      case Items items -> items.items().get(place);
      case Range range -> range.get(place);
      default -> null;
    };
  }

  /** An attribute that the type of a value has; null for none. */
  private static Value own(Value value, String name, Budget budget) {
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (value instanceof Namespace namespace) {
      return name.startsWith("_") ? null : namespace.attributes.get(name);
    }
    if (name.startsWith("_")) {
      return null;
    }
    return switch (value) {
      case Loop loop -> loop.attribute(name);
      case Cycler cycler -> cycler.attribute(name);
      case Text text when TextMethods.NAMES.contains(name) ->
          Callable.of("str." + name, arguments -> TextMethods.call(name, text, arguments, budget));
      case Mapping mapping -> method(mapping, name);
      case Items items when CHANGING.contains(name) && !items.tuple() -> changing(name);
      case Items items when name.equals("index") || name.equals("count") ->
          Callable.of(name, arguments -> find(items, name, arguments, budget));
      case Items items when name.equals("copy") && !items.tuple() ->
          Callable.of("copy", _ -> items);
      case Macro macro -> macro.attribute(name);
      case Text _, Whole _, Value.Real _, Truth _, Range _, View _, Value.Stream _ -> {
        if (PythonNames.has(value, name)) {
          throw TemplateException.of("'%s' of a %s is not known here", name, Value.type(value));
        }
        yield null;
      }
      default -> null;
    };
  }

  private static Undefined changing(String name) {
    return new Undefined("'", name, "' would change a value, which a template may not");
  }

  private static Value method(Mapping mapping, String name) {
    return switch (name) {
      case "keys" -> Callable.of(name, _ -> new View(View.Kind.KEYS, mapping));
      case "values" -> Callable.of(name, _ -> new View(View.Kind.VALUES, mapping));
      case "items" -> Callable.of(name, _ -> new View(View.Kind.ITEMS, mapping));
      case "copy" -> Callable.of(name, _ -> mapping);
      case "get" ->
          Callable.of(
              name,
              arguments -> {
                CallArguments.Bound bound = arguments.bind("get", 1, "key", "default");
                Value found = mapping.get(bound.get(0));
                return found == null ? bound.get(1, None.NONE) : found;
              });
      case "fromkeys" -> throw TemplateException.of("'fromkeys' of a dict is not known here");
      default -> CHANGING.contains(name) && isDictMethod(name) ? changing(name) : null;
    };
  }

  private static boolean isDictMethod(String name) {
    return Set.of("clear", "pop", "popitem", "setdefault", "update").contains(name);
  }

  private static Value find(Items items, String name, CallArguments arguments, Budget budget) {
    Value wanted = arguments.bind(name, 1, "value").get(0);
    int count = 0;
    for (int i = 0; i < items.items().size(); i++) {
      Value item = items.items().get(i);
      if (Comparison.same(item, wanted, budget)) {
        if (name.equals("index")) {
          return Whole.of(i);
        }
        count++;
      }
    }
    if (name.equals("index")) {
      throw TemplateException.of("index() of a value that the %s does not hold", Value.type(items));
    }
    return Whole.of(count);
  }

  /** {@code value[from:to:step]}; each of the three may be null or None. */
  static Value slice(Value value, Value from, Value to, Value by, Budget budget) {
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (!(value instanceof Text || value instanceof Items || value instanceof Range)) {
      throw TemplateException.type("a slice", value);
    }
    int length = Iteration.length(value, budget);
    int step = bound(by, 1);
    if (step == 0) {
      throw TemplateException.of("a slice with step 0");
    }
    int first = place(from, step > 0 ? 0 : length - 1, length, step);
    int end = place(to, step > 0 ? length : -1, length, step);
    long span = (long) end - first + (step > 0 ? step - 1 : step + 1);
    int size = (int) Math.max(0, span / step);
    return switch (value) {
      case Text text -> new Text(part(text.chars(), first, step, size, budget), text.safe());
      case Items items -> {
        budget.elements(size);
        List<Value> part = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
          part.add(items.items().get(first + i * step));
        }
        yield new Items(part, items.tuple());
      }
      default -> {
        Range range = (Range) value;
        yield new Range(
            range.start() + first * range.step(),
            range.start() + end * range.step(),
            range.step() * step,
            size);
      }
    };
  }

  private static boolean isMissing(Value bound) {
    return bound == null || bound == None.NONE;
  }

  private static int bound(Value value, int ifMissing) {
    if (isMissing(value)) {
      return ifMissing;
    }
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    BigInteger number = Operators.whole(value);
    if (number == null) {
      throw TemplateException.type("a slice with a bound", value);
    }
    return PythonNumbers.clamp(number);
  }

  /** A bound within the value, or just outside where a step leaves it. */
  private static int place(Value bound, int ifMissing, int length, int step) {
    long place = bound(bound, ifMissing);
    if (place < 0 && !isMissing(bound)) {
      place += length;
    }
    return Math.clamp(place, step > 0 ? 0 : -1, step > 0 ? length : length - 1);
  }

  private static String part(String text, int first, int step, int size, Budget budget) {
    budget.text(size);
    if (step == 1) {
      return PythonText.part(text, first, first + size);
    }
    budget.text(text.length());
    int[] characters = text.codePoints().toArray();
    StringBuilder part = new StringBuilder();
    for (int i = 0; i < size; i++) {
      part.appendCodePoint(characters[first + i * step]);
    }
    return part.toString();
  }
}
