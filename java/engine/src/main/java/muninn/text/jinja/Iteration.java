package muninn.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.PrimitiveIterator;
import java.util.function.Function;
import java.util.function.Predicate;
import muninn.text.jinja.Value.Items;
import muninn.text.jinja.Value.None;
import muninn.text.jinja.Value.Range;
import muninn.text.jinja.Value.Real;
import muninn.text.jinja.Value.Stream;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Truth;
import muninn.text.jinja.Value.Undefined;
import muninn.text.jinja.Value.View;
import muninn.text.jinja.Value.Whole;

/** Going through values that have elements. */
final class Iteration {
  private Iteration() {}

  /** The elements of a value one by one; each counts as a step. */
  static Iterator<Value> of(Value value, Budget budget) {
    Iterator<Value> elements =
        switch (value) {
          case Text text -> characters(text);
          case Items items -> items.items().iterator();
          case Mapping mapping -> mapping.iterator(View.Kind.KEYS);
          case View view -> view.of().iterator(view.kind());
          case Range range -> numbers(range);
          case Stream stream -> stream.iterator();
          case Undefined _ -> Collections.emptyIterator();
          default -> throw TemplateException.type("going through the elements", value);
        };
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        budget.enter(); // streams may lie in streams
        boolean more = elements.hasNext();
        budget.leave();
        return more;
      }

      @Override
      public Value next() {
        budget.enter();
        Value next = elements.next();
        budget.leave();
        return next;
      }
    };
  }

  private static Iterator<Value> characters(Text text) {
    PrimitiveIterator.OfInt characters = text.chars().codePoints().iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return characters.hasNext();
      }

      @Override
      public Value next() {
        return new Text(Character.toString(characters.nextInt()));
      }
    };
  }

  private static Iterator<Value> numbers(Range range) {
    return new Iterator<>() {
      private int index;

      @Override
      public boolean hasNext() {
        return index < range.size();
      }

      @Override
      public Value next() {
        return range.get(index++);
      }
    };
  }

  static boolean isIterable(Value value) {
    return switch (value) {
      case Text _, Items _, Mapping _, View _, Range _, Stream _, Undefined _, Loop _ -> true;
      case Whole _, Real _, Truth _, None _, Namespace _, Cycler _, Callable _ -> false;
    };
  }

  /** All elements of a value. */
  static List<Value> list(Value value, Budget budget) {
    if (value instanceof Items items) {
      return items.items();
    }
    List<Value> list = new ArrayList<>();
    Iterator<Value> elements = of(value, budget);
    while (elements.hasNext()) {
      budget.elements(1);
      list.add(elements.next());
    }
    return list;
  }

  /** {@code len(value)}; -1 for what has no length. */
  static int length(Value value, Budget budget) {
    return switch (value) {
      case Text text -> {
        budget.scan(text.chars().length());
        yield PythonText.length(text.chars());
      }
      case Items items -> items.items().size();
      case Mapping mapping -> mapping.size();
      case View view -> view.of().size();
      case Range range -> range.size();
      case Loop loop -> loop.length();
      case Undefined _ -> 0;
      default -> -1;
    };
  }

  /** Each element changed when its turn comes. */
  static Stream mapped(Iterator<Value> elements, Function<Value, Value> change) {
    return new Stream(
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return elements.hasNext();
          }

          @Override
          public Value next() {
            return change.apply(elements.next());
          }
        });
  }

  /** The elements that pass a test, each tested when its turn comes. */
  static Stream filtered(Iterator<Value> elements, Predicate<Value> test) {
    return new Stream(
        new Iterator<>() {
          private Value next;

          @Override
          public boolean hasNext() {
            while (next == null && elements.hasNext()) {
              Value element = elements.next();
              next = test.test(element) ? element : null;
            }
            return next != null;
          }

          @Override
          public Value next() {
            if (!hasNext()) {
              throw new NoSuchElementException();
            }
            Value now = next;
            next = null;
            return now;
          }
        });
  }
}
