package muninn.text.jinja;

import java.math.BigInteger;
import java.time.Clock;
import java.time.LocalDateTime;
import java.util.List;
import muninn.text.jinja.Value.Range;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Undefined;

/**
 * What every template can call: Jinja's functions, and the two that the published loaders add,
 * {@code raise_exception} and {@code strftime_now}.
 */
final class Functions {
  /** As in Jinja's sandbox. */
  private static final int MAX_RANGE = 100_000;

  private Functions() {}

  static Scope scope(Clock clock, Budget budget) {
    Scope scope = new Scope(null);
    List<Callable> all =
        List.of(
            Callable.of("range", Functions::range),
            Callable.of("dict", arguments -> dict(arguments, budget)),
            Callable.of("namespace", arguments -> namespace(arguments, budget)),
            Callable.of("cycler", arguments -> new Cycler(arguments.positional())),
            Callable.of("joiner", Functions::joiner),
            Callable.of("raise_exception", arguments -> raise(arguments, budget)),
            Callable.of("strftime_now", arguments -> now(arguments, clock, budget)),
            Callable.of("lipsum", _ -> refuse("lipsum")));
    all.forEach(function -> scope.set(function.name(), function));
    return scope;
  }

  private static Value refuse(String name) {
    throw TemplateException.of("'%s' is not for chat templates", name);
  }

  private static Value raise(CallArguments arguments, Budget budget) {
    Value message = arguments.bind("raise_exception", 1, "message").get(0);
    throw TemplateException.raised(Printer.text(message, budget));
  }

  private static Value now(CallArguments arguments, Clock clock, Budget budget) {
    String format = arguments.bind("strftime_now", 1, "format").text(0);
    return new Text(Strftime.format(format, LocalDateTime.now(clock), budget));
  }

  private static Value range(CallArguments arguments) {
    List<Value> given =
        arguments.bind("range", 1, "start", "stop", "step").values().length == 0
            ? List.of()
            : arguments.positional();
    if (given.isEmpty() || !arguments.named().isEmpty()) {
      throw TemplateException.of("range takes one to three whole numbers, none by name");
    }
    long start = given.size() == 1 ? 0 : bound(given.get(0));
    long stop = bound(given.get(given.size() == 1 ? 0 : 1));
    long step = given.size() == 3 ? bound(given.get(2)) : 1;
    if (step == 0) {
      throw TemplateException.of("range with step 0");
    }
    long span = stop - start + (step > 0 ? step - 1 : step + 1);
    long size = Math.max(0, span / step);
    if (size > MAX_RANGE) {
      throw TemplateException.of("a range of %,d numbers, wanted at most %,d", size, MAX_RANGE);
    }
    return new Range(start, stop, step, (int) size);
  }

  private static long bound(Value value) {
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    BigInteger number = Operators.whole(value);
    if (number == null || number.bitLength() > 60) {
      throw TemplateException.type("range", value);
    }
    return number.longValueExact();
  }

  private static Mapping dict(CallArguments arguments, Budget budget) {
    Mapping dict = new Mapping();
    List<Value> positional = arguments.positional();
    if (positional.size() > 1) {
      throw TemplateException.of("dict takes at most 1 value without a name");
    }
    if (!positional.isEmpty() && positional.getFirst() instanceof Mapping other) {
      budget.elements(4L * other.size());
      other.entries().forEach(entry -> dict.put(entry.key(), entry.value()));
    } else if (!positional.isEmpty()) {
      for (Value pair : Iteration.list(positional.getFirst(), budget)) {
        List<Value> both = Iteration.list(pair, budget);
        if (both.size() != 2) {
          throw TemplateException.of("dict of elements that are not pairs");
        }
        dict.put(both.get(0), both.get(1));
      }
    }
    arguments.named().forEach(dict::put);
    return dict;
  }

  private static Namespace namespace(CallArguments arguments, Budget budget) {
    Namespace namespace = new Namespace();
    for (Mapping.Entry entry : dict(arguments, budget).entries()) {
      namespace.attributes.put(Printer.text(entry.key(), budget), entry.value());
    }
    return namespace;
  }

  private static Value joiner(CallArguments arguments) {
    Value separator = arguments.bind("joiner", 0, "sep").get(0, new Text(", "));
    boolean[] used = new boolean[1];
    return Callable.of(
        "joiner",
        _ -> {
          Value now = used[0] ? separator : Text.EMPTY;
          used[0] = true;
          return now;
        });
  }
}
