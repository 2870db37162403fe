package muninn.text.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import muninn.text.jinja.Expression.Call;
import muninn.text.jinja.Expression.Constant;
import muninn.text.jinja.Expression.Element;
import muninn.text.jinja.Expression.Filter;
import muninn.text.jinja.Expression.Keyword;
import muninn.text.jinja.Expression.Not;
import muninn.text.jinja.Expression.Passed;
import muninn.text.jinja.Expression.Sequence;
import muninn.text.jinja.Expression.Slice;
import muninn.text.jinja.Expression.Test;
import muninn.text.jinja.Expression.Unary;
import muninn.text.jinja.Value.None;
import muninn.text.jinja.Value.Real;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Truth;
import muninn.text.jinja.Value.Whole;

/**
 * Reads what operators stand between: names, constants and brackets, with their sign and with what
 * follows them: subscripts and calls, then filters and tests.
 */
final class OperandParser {
  private final TemplateTokens tokens;
  private final ExpressionParser expressions;
  private Set<String> used = new HashSet<>();

  OperandParser(TemplateTokens tokens, ExpressionParser expressions) {
    this.tokens = tokens;
    this.expressions = expressions;
  }

  /** Begins to collect the names that are looked up; answers those collected so far. */
  Set<String> collect(Set<String> into) {
    Set<String> before = used;
    used = into;
    return before;
  }

  /** A sign binds closer than a filter, and looser than a subscript. */
  Expression signed(boolean filters) {
    Expression expression;
    if (tokens.isOperator("-") || tokens.isOperator("+")) {
      tokens.enter();
      expression = new Unary(tokens.take().text(), signed(false));
      tokens.leave();
    } else {
      expression = primary();
    }
    expression = subscripts(expression);
    return filters ? filters(expression) : expression;
  }

  private Expression primary() {
    TemplateToken token = tokens.take();
    return switch (token.kind()) {
      case NAME -> name(token.text());
      case STRING -> {
        StringBuilder text = new StringBuilder(token.text());
        while (tokens.now().kind() == TemplateToken.Kind.STRING) {
          text.append(tokens.take().text());
        }
        yield new Constant(new Text(text.toString()));
      }
      case INTEGER -> new Constant(new Whole(Literals.integer(token)));
      case FLOAT -> new Constant(new Real(Literals.real(token)));
      case OPERATOR -> bracket(token);
      default -> throw unexpected(token);
    };
  }

  private static TemplateException unexpected(TemplateToken token) {
    return TemplateException.of("found %s, wanted an expression", token.words()).at(token.line());
  }

  private Expression name(String name) {
    return switch (name) {
      case "true", "True" -> new Constant(Truth.TRUE);
      case "false", "False" -> new Constant(Truth.FALSE);
      case "none", "None" -> new Constant(None.NONE);
      default -> {
        used.add(name);
        yield new Expression.Name(name);
      }
    };
  }

  private Expression bracket(TemplateToken token) {
    switch (token.text()) {
      case "(" -> {
        boolean empty = tokens.isOperator(")");
        Expression inside = empty ? new Sequence(List.of(), true) : expressions.tuple(true, null);
        tokens.takeOperator(")");
        return inside;
      }
      case "[" -> {
        List<Expression> items = new ArrayList<>();
        while (!tokens.isOperator("]")) {
          items.add(expressions.expression());
          separator("]");
        }
        tokens.take();
        return new Sequence(List.copyOf(items), false);
      }
      case "{" -> {
        List<Expression.Entry> entries = new ArrayList<>();
        while (!tokens.isOperator("}")) {
          Expression key = expressions.expression();
          tokens.takeOperator(":");
          entries.add(new Expression.Entry(key, expressions.expression()));
          separator("}");
        }
        tokens.take();
        return new Expression.Dict(List.copyOf(entries));
      }
      default -> throw unexpected(token);
    }
  }

  /** A comma, unless the end follows. */
  private void separator(String end) {
    if (!tokens.isOperator(end)) {
      tokens.takeOperator(",");
    }
  }

  private Expression subscripts(Expression of) {
    Expression expression = of;
    while (true) {
      if (tokens.skipOperator(".")) {
        TemplateToken name = tokens.take();
        expression =
            switch (name.kind()) {
              case NAME -> new Expression.Attribute(expression, name.text());
              case INTEGER ->
                  new Element(expression, new Constant(new Whole(Literals.integer(name))));
              default -> throw unexpected(name);
            };
      } else if (tokens.skipOperator("[")) {
        expression = subscript(expression);
      } else if (tokens.isOperator("(")) {
        expression = new Call(expression, passed());
      } else {
        return expression;
      }
    }
  }

  private Expression subscript(Expression of) {
    List<Expression> keys = new ArrayList<>();
    while (!tokens.isOperator("]")) {
      Expression from = tokens.isOperator(":") ? null : expressions.expression();
      if (tokens.isOperator(":")) {
        Expression slice = slice(of, from);
        if (!keys.isEmpty() || !tokens.isOperator("]")) {
          throw tokens.wrong("a slice alone in its brackets");
        }
        tokens.take();
        return slice;
      }
      keys.add(from);
      separator("]");
    }
    tokens.take();
    return new Element(
        of, keys.size() == 1 ? keys.getFirst() : new Sequence(List.copyOf(keys), true));
  }

  private Expression slice(Expression of, Expression from) {
    tokens.takeOperator(":");
    Expression to = bound();
    return new Slice(of, from, to, tokens.skipOperator(":") ? bound() : null);
  }

  private Expression bound() {
    boolean none = tokens.isOperator(":") || tokens.isOperator("]") || tokens.isOperator(",");
    return none ? null : expressions.expression();
  }

  private Expression filters(Expression of) {
    Expression expression = of;
    while (true) {
      if (tokens.isOperator("|")) {
        expression = pipe(expression);
      } else if (tokens.skipName("is")) {
        expression = test(expression);
      } else if (tokens.isOperator("(")) {
        expression = new Call(expression, passed());
      } else {
        return expression;
      }
    }
  }

  /** Filters one behind another, each begun with a bar. */
  Expression pipe(Expression of) {
    Expression expression = of;
    while (tokens.skipOperator("|")) {
      expression = filter(expression);
    }
    return expression;
  }

  /** One filter, behind its bar. */
  Expression filter(Expression of) {
    String name = dotted();
    return new Filter(of, name, tokens.isOperator("(") ? passed() : Passed.NOTHING);
  }

  private String dotted() {
    StringBuilder name = new StringBuilder(tokens.take(TemplateToken.Kind.NAME).text());
    while (tokens.skipOperator(".")) {
      name.append('.').append(tokens.take(TemplateToken.Kind.NAME).text());
    }
    return name.toString();
  }

  /** A test, behind its {@code is}; an argument may stand without brackets. */
  private Expression test(Expression of) {
    boolean not = tokens.skipName("not");
    String name = dotted();
    Passed passed = Passed.NOTHING;
    if (tokens.isOperator("(")) {
      passed = passed();
    } else if (beginsArgument(tokens.now())) {
      if (tokens.now().isName("is")) {
        throw tokens.error("'is' behind 'is'");
      }
      passed = new Passed(List.of(subscripts(primary())), List.of(), null, null);
    }
    Expression test = new Test(of, name, passed);
    return not ? new Not(test) : test;
  }

  private static boolean beginsArgument(TemplateToken token) {
    return switch (token.kind()) {
      case NAME -> !Set.of("else", "or", "and").contains(token.text());
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      default -> false;
    };
  }

  /** The arguments of a call, in their brackets. */
  Passed passed() {
    tokens.takeOperator("(");
    List<Expression> positional = new ArrayList<>();
    List<Keyword> named = new ArrayList<>();
    Expression star = null;
    Expression starStar = null;
    while (!tokens.isOperator(")")) {
      boolean keyword =
          tokens.now().kind() == TemplateToken.Kind.NAME && tokens.ahead().isOperator("=");
      boolean inOrder = starStar == null;
      if (tokens.skipOperator("**")) {
        starStar = expressions.expression();
      } else if (tokens.skipOperator("*")) {
        inOrder &= star == null;
        star = expressions.expression();
      } else if (keyword) {
        String name = tokens.take().text();
        tokens.take();
        inOrder &= named.stream().noneMatch(other -> other.name().equals(name));
        named.add(new Keyword(name, expressions.expression()));
      } else {
        inOrder &= star == null && named.isEmpty();
        positional.add(expressions.expression());
      }
      if (!inOrder) {
        throw tokens.error("the arguments of a call in a wrong order, or one twice");
      }
      separator(")");
    }
    tokens.take();
    return new Passed(List.copyOf(positional), List.copyOf(named), star, starStar);
  }
}
