package muninn.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import muninn.text.jinja.Expression.Passed;
import muninn.text.jinja.Value.Items;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Truth;
import muninn.text.jinja.Value.Undefined;

/** Computes expressions; one for each rendering, whose work it counts. */
final class Evaluator {
  private final Budget budget;

  Evaluator(Budget budget) {
    this.budget = budget;
  }

  Value evaluate(Expression expression, Scope scope) {
    budget.enter();
    Value value = valueOf(expression, scope);
    budget.leave();
    return value;
  }

  /**
   * Each kind has a method of its own, so that this one, entered at every level, needs little
   * stack.
   */
  private Value valueOf(Expression expression, Scope scope) {
    return switch (expression) {
      case Expression.Constant constant -> constant.value();
      case Expression.Name name -> variable(name.name(), scope);
      case Expression.Sequence sequence ->
          new Items(all(sequence.items(), scope), sequence.tuple());
      case Expression.Dict dict -> dict(dict, scope);
      case Expression.Conditional conditional -> conditional(conditional, scope);
      case Expression.Logical logical -> logical(logical, scope);
      case Expression.Not not -> Truth.of(!truth(not.of(), scope));
      case Expression.Comparisons comparisons -> Truth.of(holds(comparisons, scope));
      case Expression.Binary binary -> binary(binary, scope);
      case Expression.Unary unary -> Operators.unary(unary.operator(), evaluate(unary.of(), scope));
      case Expression.Concatenation concatenation -> concatenated(concatenation, scope);
      case Expression.Attribute attribute ->
          Attributes.attribute(evaluate(attribute.of(), scope), attribute.name(), budget);
      case Expression.Element element -> element(element, scope);
      case Expression.Slice slice -> slice(slice, scope);
      case Expression.Call call -> call(call, scope, null);
      case Expression.Filter filter -> filtered(filter, null, scope);
      case Expression.Test test -> Truth.of(holds(test, scope));
    };
  }

  private static Value variable(String name, Scope scope) {
    Value found = scope.get(name);
    return found == null ? new Undefined("'", name, "' is undefined") : found;
  }

  private Value logical(Expression.Logical logical, Scope scope) {
    Value left = evaluate(logical.left(), scope);
    return Value.truth(left) == logical.and() ? evaluate(logical.right(), scope) : left;
  }

  private Value binary(Expression.Binary binary, Scope scope) {
    Value left = evaluate(binary.left(), scope);
    return Operators.binary(binary.operator(), left, evaluate(binary.right(), scope), budget);
  }

  private Value element(Expression.Element element, Scope scope) {
    Value of = evaluate(element.of(), scope);
    return Attributes.element(of, evaluate(element.key(), scope), budget);
  }

  private Value slice(Expression.Slice slice, Scope scope) {
    return Attributes.slice(
        evaluate(slice.of(), scope),
        optional(slice.from(), scope),
        optional(slice.to(), scope),
        optional(slice.by(), scope),
        budget);
  }

  private boolean holds(Expression.Test test, Scope scope) {
    Value of = evaluate(test.of(), scope);
    return Tests.holds(test.name(), of, arguments(test.passed(), scope, null), budget);
  }

  boolean truth(Expression expression, Scope scope) {
    return Value.truth(evaluate(expression, scope));
  }

  private Value optional(Expression expression, Scope scope) {
    return expression == null ? null : evaluate(expression, scope);
  }

  private List<Value> all(List<Expression> expressions, Scope scope) {
    budget.elements(expressions.size());
    List<Value> values = new ArrayList<>(expressions.size());
    for (Expression expression : expressions) {
      values.add(evaluate(expression, scope));
    }
    return values;
  }

  private Mapping dict(Expression.Dict dict, Scope scope) {
    budget.elements(4L * dict.entries().size());
    Mapping mapping = new Mapping();
    for (Expression.Entry entry : dict.entries()) {
      mapping.put(evaluate(entry.key(), scope), evaluate(entry.value(), scope));
    }
    return mapping;
  }

  private Value conditional(Expression.Conditional conditional, Scope scope) {
    if (truth(conditional.test(), scope)) {
      return evaluate(conditional.then(), scope);
    }
    return conditional.otherwise() == null
        ? new Undefined("an 'if' without 'else' came to nothing")
        : evaluate(conditional.otherwise(), scope);
  }

  private boolean holds(Expression.Comparisons comparisons, Scope scope) {
    Value left = evaluate(comparisons.first(), scope);
    for (Expression.Compared compared : comparisons.rest()) {
      Value right = evaluate(compared.to(), scope);
      boolean holds =
          switch (compared.operator()) {
            case "==" -> Comparison.equal(left, right, budget);
            case "!=" -> !Comparison.equal(left, right, budget);
            case "in" -> Comparison.contains(right, left, budget);
            case "not in" -> !Comparison.contains(right, left, budget);
            default -> Comparison.ordered(compared.operator(), left, right, budget);
          };
      if (!holds) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private Text concatenated(Expression.Concatenation concatenation, Scope scope) {
    StringBuilder all = new StringBuilder();
    for (Expression part : concatenation.parts()) {
      String text = Printer.text(evaluate(part, scope), budget);
      budget.append(all.length(), text.length());
      all.append(text);
    }
    return new Text(all.toString());
  }

  /**
   * A value filtered once or more.
   *
   * @param block what the innermost filter gets where it names nothing
   */
  Value filtered(Expression.Filter filter, Value block, Scope scope) {
    budget.enter();
    Value of =
        switch (filter.of()) {
          case null -> block;
          case Expression.Filter inner -> filtered(inner, block, scope);
          default -> evaluate(filter.of(), scope);
        };
    Value value = Filters.apply(filter.name(), of, arguments(filter.passed(), scope, null), budget);
    budget.leave();
    return value;
  }

  /**
   * A call.
   *
   * @param caller the body of the {@code call} block that it begins; null for none
   */
  Value call(Expression.Call call, Scope scope, Macro caller) {
    Value callee = evaluate(call.callee(), scope);
    CallArguments arguments = arguments(call.passed(), scope, caller);
    return switch (callee) {
      case Callable callable -> callable.call(arguments);
      case Loop loop -> loop.call(arguments);
      case Undefined undefined -> throw undefined.used();
      default -> throw TemplateException.type("a call", callee);
    };
  }

  private CallArguments arguments(Passed passed, Scope scope, Macro caller) {
    if (passed.isNothing() && caller == null) {
      return CallArguments.NONE;
    }
    List<Value> positional = all(passed.positional(), scope);
    Map<String, Value> named = new LinkedHashMap<>();
    for (Expression.Keyword keyword : passed.named()) {
      named.put(keyword.name(), evaluate(keyword.value(), scope));
    }
    if (passed.star() != null) {
      List<Value> more = Iteration.list(evaluate(passed.star(), scope), budget);
      budget.elements(more.size());
      positional.addAll(more);
    }
    if (passed.starStar() != null) {
      spread(evaluate(passed.starStar(), scope), named);
    }
    if (caller != null && named.put("caller", caller) != null) {
      throw TemplateException.of("argument 'caller' is given twice");
    }
    return new CallArguments(positional, named);
  }

  private void spread(Value value, Map<String, Value> named) {
    if (!(value instanceof Mapping mapping)) {
      throw TemplateException.type("'**'", value);
    }
    budget.elements(4L * mapping.size());
    for (Mapping.Entry entry : mapping.entries()) {
      if (!(entry.key() instanceof Text name)) {
        throw TemplateException.type("'**' of a dict with a key", entry.key());
      }
      if (named.put(name.chars(), entry.value()) != null) {
        throw TemplateException.of("argument '%s' is given twice", name.chars());
      }
    }
  }
}
