package muninn.text.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import muninn.text.jinja.Value.Items;
import muninn.text.jinja.Value.Stream;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Undefined;
import muninn.text.jinja.Value.View;
import muninn.text.jinja.Value.Whole;

/** The filters that go through the elements of a value. */
final class SequenceFilters {
  private SequenceFilters() {}

  static Value apply(String name, Value value, CallArguments arguments, Budget budget) {
    return switch (name) {
      case "count", "length" -> {
        arguments.bind(name, 0);
        int length = Iteration.length(value, budget);
        if (length < 0) {
          throw TemplateException.type("the length", value);
        }
        yield Whole.of(length);
      }
      case "first" -> {
        arguments.bind(name, 0);
        Iterator<Value> elements = Iteration.of(value, budget);
        yield elements.hasNext() ? elements.next() : new Undefined("first of nothing");
      }
      case "last" -> {
        arguments.bind(name, 0);
        Iterator<Value> elements = reversed(value, budget);
        yield elements.hasNext() ? elements.next() : new Undefined("last of nothing");
      }
      case "list" -> {
        arguments.bind(name, 0);
        yield Items.list(Iteration.list(value, budget));
      }
      case "join" -> joined(value, arguments, budget);
      case "reverse" -> reverse(value, arguments, budget);
      case "sort" -> sorted(value, arguments, budget);
      case "dictsort" -> entriesSorted(value, arguments, budget);
      case "unique" -> unique(value, arguments, budget);
      case "min", "max" -> extreme(name, value, arguments, budget);
      case "sum" -> sum(value, arguments, budget);
      case "items" -> items(value, arguments);
      case "batch" -> batches(value, arguments, budget);
      default -> slices(value, arguments, budget);
    };
  }

  private static Text joined(Value value, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind("join", 0, "d", "attribute");
    String separator = Printer.text(bound.get(0, Text.EMPTY), budget);
    Function<Value, Value> part = Filters.getter(bound.get(1), null, budget);
    StringBuilder joined = new StringBuilder();
    Iterator<Value> elements = Iteration.of(value, budget);
    for (boolean first = true; elements.hasNext(); first = false) {
      String text = Printer.text(part.apply(elements.next()), budget);
      budget.append(joined.length(), (long) separator.length() + text.length());
      joined.append(first ? "" : separator).append(text);
    }
    return new Text(joined.toString());
  }

  /** From the last element on; what is gone through only once has no last one. */
  private static Iterator<Value> reversed(Value value, Budget budget) {
    if (value instanceof Stream || value instanceof Loop) {
      throw TemplateException.type("going backwards", value);
    }
    return Iteration.list(value, budget).reversed().iterator();
  }

  private static Value reverse(Value value, CallArguments arguments, Budget budget) {
    arguments.bind("reverse", 0);
    return switch (value) {
      case Text text -> Attributes.slice(text, null, null, Whole.of(-1), budget);
      case Stream stream -> Items.list(Iteration.list(stream, budget).reversed());
      default -> new Stream(reversed(value, budget));
    };
  }

  private static Value sorted(Value value, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind("sort", 0, "reverse", "case_sensitive", "attribute");
    boolean sensitive = bound.truth(1, false);
    List<Function<Value, Value>> parts = new ArrayList<>();
    if (bound.get(2) instanceof Text paths) {
      for (String path : PythonText.split(paths.chars(), ",", -1)) {
        parts.add(Filters.getter(new Text(path), null, budget));
      }
    } else {
      parts.add(Filters.getter(bound.get(2), null, budget));
    }
    return Items.list(
        Comparison.sorted(
            Iteration.list(value, budget),
            item -> {
              List<Value> key = new ArrayList<>();
              for (Function<Value, Value> part : parts) {
                Value found = part.apply(item);
                key.add(sensitive ? found : Filters.ignoringCase(found, budget));
              }
              return Items.list(key);
            },
            bound.truth(0, false),
            budget));
  }

  private static Value entriesSorted(Value value, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind("dictsort", 0, "case_sensitive", "by", "reverse");
    String by = bound.text(1, "key");
    if (!by.equals("key") && !by.equals("value") || !(value instanceof Mapping mapping)) {
      throw TemplateException.type("dictsort by " + by, value);
    }
    boolean sensitive = bound.truth(0, false);
    return Items.list(
        Comparison.sorted(
            Iteration.list(new View(View.Kind.ITEMS, mapping), budget),
            entry -> {
              Value part = ((Items) entry).items().get(by.equals("key") ? 0 : 1);
              return sensitive ? part : Filters.ignoringCase(part, budget);
            },
            bound.truth(2, false),
            budget));
  }

  private static Function<Value, Value> comparable(CallArguments.Bound bound, Budget budget) {
    boolean sensitive = bound.truth(0, false);
    Function<Value, Value> part = Filters.getter(bound.get(1), null, budget);
    return item -> sensitive ? part.apply(item) : Filters.ignoringCase(part.apply(item), budget);
  }

  private static Value unique(Value value, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind("unique", 0, "case_sensitive", "attribute");
    Function<Value, Value> part = comparable(bound, budget);
    Set<Object> seen = new HashSet<>();
    return lazily(
        () ->
            Iteration.filtered(
                    Iteration.of(value, budget),
                    item -> {
                      Value key = part.apply(item);
                      Object hashable = Mapping.hashable(key);
                      if (hashable == null) {
                        throw TemplateException.type("unique", key);
                      }
                      budget.elements(1);
                      return seen.add(hashable);
                    })
                .iterator());
  }

  private static Stream lazily(java.util.function.Supplier<Iterator<Value>> elements) {
    return Filters.lazily(Value.Truth.TRUE, elements);
  }

  private static Value extreme(String name, Value value, CallArguments arguments, Budget budget) {
    Function<Value, Value> part =
        comparable(arguments.bind(name, 0, "case_sensitive", "attribute"), budget);
    Iterator<Value> elements = Iteration.of(value, budget);
    if (!elements.hasNext()) {
      return new Undefined(name + " of nothing");
    }
    Value best = elements.next();
    Value bestKey = part.apply(best);
    while (elements.hasNext()) {
      Value element = elements.next();
      Value key = part.apply(element);
      if (Comparison.ordered(name.equals("min") ? "<" : ">", key, bestKey, budget)) {
        best = element;
        bestKey = key;
      }
    }
    return best;
  }

  private static Value sum(Value value, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind("sum", 0, "attribute", "start");
    Function<Value, Value> part = Filters.getter(bound.get(0), null, budget);
    Value sum = bound.get(1, Whole.of(0));
    if (sum instanceof Text) {
      throw TemplateException.of("sum of texts, which 'join' adds");
    }
    Iterator<Value> elements = Iteration.of(value, budget);
    while (elements.hasNext()) {
      sum = Operators.binary("+", sum, part.apply(elements.next()), budget);
    }
    return sum;
  }

  private static Value items(Value value, CallArguments arguments) {
    arguments.bind("items", 0);
    return lazily(
        () ->
            switch (value) {
              case Undefined _ -> List.<Value>of().iterator();
              case Mapping mapping -> mapping.iterator(View.Kind.ITEMS);
              default -> throw TemplateException.type("items", value);
            });
  }

  private static Value batches(Value value, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind("batch", 1, "linecount", "fill_with");
    return lazily(
        () -> {
          int size = bound.whole(0, 0);
          List<Value> batches = new ArrayList<>();
          List<Value> batch = new ArrayList<>();
          for (Value item : Iteration.list(value, budget)) {
            if (batch.size() == size) {
              batches.add(Items.list(batch));
              batch = new ArrayList<>();
            }
            budget.elements(1);
            batch.add(item);
          }
          if (!batch.isEmpty()) {
            fill(batch, bound.isNone(1) ? 0 : size - batch.size(), bound.get(1), budget);
            batches.add(Items.list(batch));
          }
          return batches.iterator();
        });
  }

  private static void fill(List<Value> list, int count, Value with, Budget budget) {
    budget.elements(Math.max(0, count));
    for (int i = 0; i < count; i++) {
      list.add(with);
    }
  }

  private static Value slices(Value value, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind("slice", 1, "slices", "fill_with");
    return lazily(
        () -> {
          List<Value> all = Iteration.list(value, budget);
          int count = bound.whole(0, 0);
          if (count == 0) {
            throw TemplateException.of("slice into 0 parts");
          }
          budget.elements(4L * Math.max(0, count));
          List<Value> slices = new ArrayList<>();
          int longer = Math.floorMod(all.size(), count);
          int size = Math.floorDiv(all.size(), count);
          int from = 0;
          for (int i = 0; i < count; i++) {
            int to = from + size + (i < longer ? 1 : 0);
            budget.elements(to - from);
            List<Value> slice = new ArrayList<>(all.subList(from, to));
            fill(slice, !bound.isNone(1) && i >= longer ? 1 : 0, bound.get(1), budget);
            slices.add(Items.list(slice));
            from = to;
          }
          return slices.iterator();
        });
  }
}
