package muninn.text.jinja;

import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import muninn.text.jinja.Value.Text;

/** Carries out statements; one for each rendering. */
final class Renderer {
  private final Budget budget;
  private final Evaluator evaluator;

  /** How a statement ends: whether what follows it in the loop around it is skipped. */
  enum Flow {
    ON,
    CONTINUE,
    BREAK
  }

  Renderer(Budget budget) {
    this.budget = budget;
    evaluator = new Evaluator(budget);
  }

  /** The text that statements come to. */
  String text(List<Statement> statements, Scope scope) {
    StringBuilder out = new StringBuilder();
    run(statements, scope, out);
    return out.toString();
  }

  private Flow run(List<Statement> statements, Scope scope, StringBuilder out) {
    budget.enter(2);
    Flow flow = Flow.ON;
    for (int i = 0; i < statements.size() && flow == Flow.ON; i++) {
      flow = run(statements.get(i), scope, out);
    }
    budget.leave(2);
    return flow;
  }

  private Flow run(Statement statement, Scope scope, StringBuilder out) {
    return switch (statement) {
      case Statement.Data(String text) -> write(text, out);
      case Statement.Output(Expression expression, int line) ->
          at(line, () -> write(Printer.text(evaluator.evaluate(expression, scope), budget), out));
      case Statement.If condition -> condition(condition, scope, out);
      case Statement.For loop -> at(loop.line(), () -> loop(loop, scope, out));
      case Statement.Assignment(Statement.Target target, Expression value, int line) ->
          at(line, () -> assign(target, evaluator.evaluate(value, scope), scope));
      case Statement.BlockAssignment block -> at(block.line(), () -> assign(block, scope));
      case Statement.MacroDefinition(Statement.Signature signature, List<Statement> body) -> {
        scope.set(signature.name(), macro(signature, body, scope));
        yield Flow.ON;
      }
      case Statement.CallBlock block -> at(block.line(), () -> call(block, scope, out));
      case Statement.FilterBlock block -> at(block.line(), () -> filter(block, scope, out));
      case Statement.With with -> at(with.line(), () -> with(with, scope, out));
      case Statement.Generation(Statement.Signature signature, List<Statement> body) ->
          write(macro(signature, body, scope).call(CallArguments.NONE), out);
      case Statement.Break() -> Flow.BREAK;
      case Statement.Continue() -> Flow.CONTINUE;
      case Statement.Refused(String tag, int line) ->
          throw TemplateException.of("tag '%s' is not for chat templates", tag).at(line);
    };
  }

  private interface Run {
    Flow run();
  }

  private static Flow at(int line, Run statement) {
    try {
      return statement.run();
    } catch (TemplateException e) {
      throw e.at(line);
    }
  }

  private Flow write(String text, StringBuilder out) {
    budget.append(out.length(), text.length());
    out.append(text);
    return Flow.ON;
  }

  /** The value of a block, which must be a text already. */
  private Flow write(Value value, StringBuilder out) {
    if (value instanceof Text text) {
      return write(text.chars(), out);
    }
    throw TemplateException.type("a block that comes to a value", value);
  }

  private Flow condition(Statement.If condition, Scope scope, StringBuilder out) {
    for (Statement.Branch branch : condition.branches()) {
      if (holds(branch, scope)) {
        return run(branch.body(), scope, out);
      }
    }
    return run(condition.otherwise(), scope, out);
  }

  private boolean holds(Statement.Branch branch, Scope scope) {
    try {
      return evaluator.truth(branch.test(), scope);
    } catch (TemplateException e) {
      throw e.at(branch.line());
    }
  }

  private Flow loop(Statement.For loop, Scope scope, StringBuilder out) {
    Value items = evaluator.evaluate(loop.items(), scope);
    return loop.recursive()
        ? write(recursive(loop, items, 0, scope), out)
        : rounds(loop, items, 0, scope, out);
  }

  private String recursive(Statement.For loop, Value items, int depth, Scope scope) {
    budget.enter(2);
    StringBuilder out = new StringBuilder();
    rounds(loop, items, depth, scope, out);
    budget.leave(2);
    return out.toString();
  }

  private Flow rounds(Statement.For loop, Value items, int depth, Scope scope, StringBuilder out) {
    BiFunction<Value, Integer, Value> recursion =
        (inner, deeper) -> new Text(recursive(loop, inner, deeper, scope));
    Iterator<Value> elements = Iteration.of(items, budget);
    int length = Iteration.length(items, budget);
    if (loop.test() != null) {
      elements = taken(loop, elements, scope);
      length = -1;
    }
    Loop state = new Loop(elements, length, depth, loop.recursive() ? recursion : null, budget);
    boolean whole = false;
    for (Value item = state.next(); item != null; item = state.next()) {
      Scope inner = new Scope(scope);
      assign(loop.target(), item, inner);
      inner.set("loop", state);
      Flow flow = run(loop.body(), inner, out);
      if (flow == Flow.BREAK) {
        break;
      }
      whole |= flow == Flow.ON;
    }
    // Jinja takes a loop for empty where no round came to its end.
    return whole ? Flow.ON : run(loop.otherwise(), new Scope(scope), out);
  }

  /** The elements that a loop takes; as in Jinja, those given to several names become tuples. */
  private Iterator<Value> taken(Statement.For loop, Iterator<Value> elements, Scope scope) {
    Iterator<Value> repacked =
        Iteration.mapped(
                elements,
                element -> {
                  Scope inner = new Scope(scope);
                  assign(loop.target(), element, inner);
                  return evaluator.truth(loop.test(), inner) ? packed(loop.target(), inner) : null;
                })
            .iterator();
    return Iteration.filtered(repacked, Objects::nonNull).iterator();
  }

  private static Value packed(Statement.Target target, Scope scope) {
    return switch (target) {
      case Statement.Target.Name(String name) -> scope.get(name);
      case Statement.Target.Several(List<Statement.Target> targets) ->
          new Value.Items(targets.stream().map(part -> packed(part, scope)).toList(), true);
      case Statement.Target.Attribute _ -> throw new IllegalArgumentException("no loop has these");
    };
  }

  private Flow assign(Statement.Target target, Value value, Scope scope) {
    switch (target) {
      case Statement.Target.Name(String name) -> scope.set(name, value);
      case Statement.Target.Attribute(String of, String name) -> {
        if (!(scope.get(of) instanceof Namespace namespace)) {
          throw TemplateException.of("'%s' is no namespace, so it has no '%s' to set", of, name);
        }
        budget.elements(1);
        namespace.attributes.put(name, value);
      }
      case Statement.Target.Several(List<Statement.Target> targets) -> {
        List<Value> values = Iteration.list(value, budget);
        if (values.size() != targets.size()) {
          throw TemplateException.of("%d values for %d names", values.size(), targets.size());
        }
        for (int i = 0; i < values.size(); i++) {
          assign(targets.get(i), values.get(i), scope);
        }
      }
    }
    return Flow.ON;
  }

  private Flow assign(Statement.BlockAssignment block, Scope scope) {
    Scope inner = new Scope(scope);
    StringBuilder inside = new StringBuilder();
    Flow flow = run(block.body(), inner, inside);
    if (flow != Flow.ON) {
      return flow;
    }
    Value text = new Text(inside.toString());
    return assign(
        block.target(),
        block.filter() instanceof Expression.Filter filter
            ? evaluator.filtered(filter, text, inner)
            : text,
        scope);
  }

  private Flow filter(Statement.FilterBlock block, Scope scope, StringBuilder out) {
    Scope inner = new Scope(scope);
    StringBuilder inside = new StringBuilder();
    Flow flow = run(block.body(), inner, inside);
    if (flow != Flow.ON) {
      return flow;
    }
    Value text = new Text(inside.toString());
    return write(evaluator.filtered((Expression.Filter) block.filter(), text, inner), out);
  }

  private Flow call(Statement.CallBlock block, Scope scope, StringBuilder out) {
    Macro caller = macro(block.signature(), block.body(), scope);
    return write(evaluator.call(block.call(), scope, caller), out);
  }

  private Flow with(Statement.With with, Scope scope, StringBuilder out) {
    Scope inner = new Scope(scope);
    for (int i = 0; i < with.targets().size(); i++) {
      assign(with.targets().get(i), evaluator.evaluate(with.values().get(i), scope), inner);
    }
    return run(with.body(), inner, out);
  }

  private Macro macro(Statement.Signature signature, List<Statement> body, Scope scope) {
    Function<Scope, String> render = variables -> text(body, variables);
    return new Macro(signature, scope, evaluator, budget, render);
  }
}
