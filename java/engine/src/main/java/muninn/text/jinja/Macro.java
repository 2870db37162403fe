package muninn.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A macro, or the body of a {@code call} block: text that depends on arguments. It sees the
 * variables of the place where it stands, as they are when it is called.
 */
final class Macro implements Callable {
  /** How much stack a call needs, in levels of the budget. */
  private static final int LEVELS = 3;

  private final Statement.Signature signature;
  private final Scope around;
  private final Evaluator evaluator;
  private final Budget budget;
  private final Function<Scope, String> body;

  /**
   * A macro of some place.
   *
   * @param body renders it with these variables
   */
  Macro(
      Statement.Signature signature,
      Scope around,
      Evaluator evaluator,
      Budget budget,
      Function<Scope, String> body) {
    this.signature = signature;
    this.around = around;
    this.evaluator = evaluator;
    this.budget = budget;
    this.body = body;
  }

  @Override
  public String name() {
    return signature.name() == null ? "caller" : signature.name();
  }

  /** Null where it has no such attribute. */
  Value attribute(String name) {
    return switch (name) {
      case "name" -> new Text(name());
      case "arguments" -> {
        List<Value> names = new ArrayList<>();
        signature.parameters().forEach(parameter -> names.add(new Text(parameter)));
        yield new Items(names, true);
      }
      case "caller" -> Truth.of(signature.used().contains("caller"));
      case "catch_kwargs" -> Truth.of(signature.used().contains("kwargs"));
      case "catch_varargs" -> Truth.of(signature.used().contains("varargs"));
      default -> null;
    };
  }

  @Override
  public Value call(CallArguments arguments) {
    budget.enter(LEVELS);
    Scope scope = new Scope(around);
    Map<String, Value> named = new LinkedHashMap<>(arguments.named());
    List<String> parameters = signature.parameters();
    int given = Math.min(arguments.positional().size(), parameters.size());
    List<String> missing = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      String parameter = parameters.get(i);
      Value value = i < given ? arguments.positional().get(i) : named.remove(parameter);
      if (value == null) {
        missing.add(parameter);
        value = new Undefined("parameter '", parameter, "' was not provided");
      }
      scope.set(parameter, value);
    }
    rest(scope, arguments, named, given);
    fill(scope, missing);
    Value text = new Text(body.apply(scope));
    budget.leave(LEVELS);
    return text;
  }

  /** What no parameter takes: for those bodies that look for it. */
  private void rest(Scope scope, CallArguments arguments, Map<String, Value> named, int given) {
    if (takes("caller")) {
      Value caller = named.remove("caller");
      scope.set("caller", caller == null ? new Undefined("No caller defined") : caller);
    }
    if (takes("kwargs")) {
      Mapping rest = new Mapping();
      named.forEach(rest::put);
      scope.set("kwargs", rest);
    } else if (!named.isEmpty()) {
      throw TemplateException.of(
          "macro '%s' takes no argument '%s'", name(), named.keySet().iterator().next());
    }
    List<Value> positional = arguments.positional();
    if (takes("varargs")) {
      scope.set("varargs", new Items(positional.subList(given, positional.size()), true));
    } else if (given < positional.size()) {
      throw TemplateException.of(
          "macro '%s' takes at most %d arguments, found %d", name(), given, positional.size());
    }
  }

  private boolean takes(String special) {
    return signature.used().contains(special) && !signature.parameters().contains(special);
  }

  /** Defaults may look at the parameters before them. */
  private void fill(Scope scope, List<String> missing) {
    int without = signature.parameters().size() - signature.defaults().size();
    for (String parameter : missing) {
      int i = signature.parameters().indexOf(parameter) - without;
      if (i >= 0) {
        scope.set(parameter, evaluator.evaluate(signature.defaults().get(i), scope));
      }
    }
  }
}
