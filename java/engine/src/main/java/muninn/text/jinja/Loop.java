package muninn.text.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiFunction;

/**
 * What {@code loop} is inside a {@code for}. Like Jinja's it looks one item ahead for {@code last}
 * and {@code nextitem}, and to the end for {@code length} of what has none: items that are filtered
 * one by one are else tested only when their turn comes.
 */
final class Loop implements Value {
  private final Budget budget;
  private final int depth;
  private final BiFunction<Value, Integer, Value> recursion; // null where it is not recursive
  private Iterator<Value> iterator;
  private int length; // -1 as long as nobody knows
  private int index = -1;
  private Value before;
  private Value current;
  private Value after;
  private List<Value> lastChanged;

  /**
   * A loop before its first item.
   *
   * @param length how many items there are, or -1
   * @param depth from 0, how many loops this one is inside of by recursion
   * @param recursion renders the loop's body for other items, one level deeper; null for none
   */
  Loop(
      Iterator<Value> iterator,
      int length,
      int depth,
      BiFunction<Value, Integer, Value> recursion,
      Budget budget) {
    this.iterator = iterator;
    this.length = length;
    this.depth = depth;
    this.recursion = recursion;
    this.budget = budget;
  }

  /** Goes on to the next item; null at the end. */
  Value next() {
    Value next = peek();
    if (next != null) {
      after = null;
      index++;
      before = current;
      current = next;
    }
    return next;
  }

  private Value peek() {
    if (after == null && iterator.hasNext()) {
      after = iterator.next();
    }
    return after;
  }

  int length() {
    if (length < 0) {
      List<Value> rest = new ArrayList<>();
      iterator.forEachRemaining(
          item -> {
            budget.elements(1);
            rest.add(item);
          });
      iterator = rest.iterator();
      length = index + 1 + (after == null ? 0 : 1) + rest.size();
    }
    return length;
  }

  int index() {
    return index + 1;
  }

  /** Null where it has no such attribute. */
  Value attribute(String name) {
    return switch (name) {
      case "index" -> Whole.of(index + 1);
      case "index0" -> Whole.of(index);
      case "revindex" -> Whole.of(length() - index);
      case "revindex0" -> Whole.of(length() - index - 1);
      case "first" -> Truth.of(index == 0);
      case "last" -> Truth.of(peek() == null);
      case "length" -> Whole.of(length());
      case "depth" -> Whole.of(depth + 1);
      case "depth0" -> Whole.of(depth);
      case "previtem" -> before == null ? new Undefined("there is no previous item") : before;
      case "nextitem" -> peek() == null ? new Undefined("there is no next item") : after;
      case "cycle" -> Callable.of("loop.cycle", this::cycle);
      case "changed" -> Callable.of("loop.changed", this::changed);
      default -> null;
    };
  }

  private Value cycle(CallArguments arguments) {
    List<Value> items = arguments.positional();
    if (items.isEmpty()) {
      throw TemplateException.of("loop.cycle() without an item");
    }
    return items.get(index % items.size());
  }

  private Value changed(CallArguments arguments) {
    List<Value> now = arguments.positional();
    boolean same =
        lastChanged != null
            && Comparison.equal(new Items(lastChanged, true), new Items(now, true), budget);
    lastChanged = now;
    return Truth.of(!same);
  }

  /** The body of a recursive loop for other items. */
  Value call(CallArguments arguments) {
    if (recursion == null) {
      throw TemplateException.of("loop() inside a 'for' that is not 'recursive'");
    }
    return recursion.apply(arguments.bind("loop", 1, "iterable").get(0), depth + 1);
  }
}
