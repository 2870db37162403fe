package muninn.text.jinja;

import java.util.Iterator;
import java.util.List;
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
    budget.enter();
    Flow flow = Flow.ON;
    for (int i = 0; i < statements.size() && flow == Flow.ON; i++) {
      flow = run(statements.get(i), scope, out);
    }
    budget.leave();
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
      case Statement.CallBlock block ->
          at(
              block.line(),
              () -> {
                Macro caller = macro(block.signature(), block.body(), scope);
                Value called = evaluator.call(block.call(), scope, caller);
                return write(Printer.text(called, budget), out);
              });
      case Statement.FilterBlock block -> at(block.line(), () -> filter(block, scope, out));
      case Statement.With with -> at(with.line(), () -> with(with, scope, out));
      case Statement.Generation(List<Statement> body) -> run(body, new Scope(scope), out);
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

  private Flow condition(Statement.If condition, Scope scope, StringBuilder out) {
    for (Statement.Branch branch : condition.branches()) {
      boolean[] holds = new boolean[1];
      at(
          branch.line(),
          () -> {
            holds[0] = evaluator.truth(branch.test(), scope);
            return Flow.ON;
          });
      if (holds[0]) {
        return run(branch.body(), scope, out);
      }
    }
    return run(condition.otherwise(), scope, out);
  }

  private Flow loop(Statement.For loop, Scope scope, StringBuilder out) {
    Value items = evaluator.evaluate(loop.items(), scope);
    return loop.recursive()
        ? write(recursive(loop, items, 0, scope), out)
        : rounds(loop, items, 0, scope, out);
  }

  private String recursive(Statement.For loop, Value items, int depth, Scope scope) {
    budget.enter();
    StringBuilder out = new StringBuilder();
    rounds(loop, items, depth, scope, out);
    budget.leave();
    return out.toString();
  }

  private Flow rounds(Statement.For loop, Value items, int depth, Scope scope, StringBuilder out) {
    BiFunction<Value, Integer, Value> recursion =
        (inner, deeper) -> new Text(recursive(loop, inner, deeper, scope));
    Iterator<Value> elements = Iteration.of(items, budget);
    int length = Iteration.length(items, budget);
    if (loop.test() != null) {
      elements = Iteration.filtered(elements, item -> takes(loop, item, scope)).iterator();
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

  private boolean takes(Statement.For loop, Value item, Scope scope) {
    Scope inner = new Scope(scope);
    assign(loop.target(), item, inner);
    return evaluator.truth(loop.test(), inner);
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
    Value filtered = evaluator.filtered((Expression.Filter) block.filter(), text, inner);
    return write(Printer.text(filtered, budget), out);
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
    return new Macro(signature, scope, evaluator, render);
  }
}
