package muninn.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import muninn.text.jinja.Expression.Binary;
import muninn.text.jinja.Expression.Compared;
import muninn.text.jinja.Expression.Comparisons;
import muninn.text.jinja.Expression.Concatenation;
import muninn.text.jinja.Expression.Conditional;
import muninn.text.jinja.Expression.Logical;
import muninn.text.jinja.Expression.Not;
import muninn.text.jinja.Expression.Sequence;

/**
 * Reads expressions by Jinja's grammar, one method a level of precedence: {@code if else}, {@code
 * or}, {@code and}, {@code not}, comparisons, {@code + -}, {@code ~}, {@code * / // %}, {@code **}
 * (from left to right, as nowhere else), and what {@link OperandParser} reads.
 */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");

  private final TemplateTokens tokens;
  private final OperandParser operands;

  ExpressionParser(TemplateTokens tokens) {
    this.tokens = tokens;
    operands = new OperandParser(tokens, this);
  }

  OperandParser operands() {
    return operands;
  }

  Expression expression() {
    tokens.enter();
    Expression then = or();
    while (tokens.skipName("if")) {
      Expression test = or();
      Expression otherwise = tokens.skipName("else") ? expression() : null;
      then = new Conditional(test, then, otherwise);
    }
    tokens.leave();
    return then;
  }

  private Expression expression(boolean conditional) {
    return conditional ? expression() : or();
  }

  /**
   * An expression, or a tuple without brackets around it.
   *
   * @param conditional whether {@code if else} may stand outside of brackets
   * @param end a name that may end a tuple; null for none
   */
  Expression tuple(boolean conditional, String end) {
    List<Expression> items = new ArrayList<>();
    boolean tuple = false;
    while (!isTupleEnd(end)) {
      items.add(expression(conditional));
      if (!tokens.skipOperator(",")) {
        break;
      }
      tuple = true;
    }
    if (items.isEmpty()) {
      throw tokens.wrong("an expression");
    }
    return tuple ? new Sequence(List.copyOf(items), true) : items.getFirst();
  }

  private boolean isTupleEnd(String end) {
    TemplateToken now = tokens.now();
    return now.kind() == TemplateToken.Kind.END_OUTPUT
        || now.kind() == TemplateToken.Kind.END_TAG
        || now.isOperator(")")
        || end != null && now.isName(end);
  }

  private Expression or() {
    Expression left = and();
    while (tokens.skipName("or")) {
      left = new Logical(false, left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.skipName("and")) {
      left = new Logical(true, left, not());
    }
    return left;
  }

  private Expression not() {
    if (!tokens.skipName("not")) {
      return comparisons();
    }
    tokens.enter();
    Expression not = new Not(not());
    tokens.leave();
    return not;
  }

  private Expression comparisons() {
    Expression first = sum();
    List<Compared> rest = new ArrayList<>();
    while (true) {
      if (tokens.now().kind() == TemplateToken.Kind.OPERATOR
          && COMPARISONS.contains(tokens.now().text())) {
        rest.add(new Compared(tokens.take().text(), sum()));
      } else if (tokens.skipName("in")) {
        rest.add(new Compared("in", sum()));
      } else if (tokens.now().isName("not") && tokens.ahead().isName("in")) {
        tokens.take();
        tokens.take();
        rest.add(new Compared("not in", sum()));
      } else {
        return rest.isEmpty() ? first : new Comparisons(first, List.copyOf(rest));
      }
    }
  }

  private Expression sum() {
    Expression left = concatenation();
    while (tokens.isOperator("+") || tokens.isOperator("-")) {
      left = new Binary(tokens.take().text(), left, concatenation());
    }
    return left;
  }

  private Expression concatenation() {
    List<Expression> parts = new ArrayList<>(List.of(product()));
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return parts.size() == 1 ? parts.getFirst() : new Concatenation(List.copyOf(parts));
  }

  private Expression product() {
    Expression left = power();
    while (tokens.now().kind() == TemplateToken.Kind.OPERATOR
        && PRODUCTS.contains(tokens.now().text())) {
      left = new Binary(tokens.take().text(), left, power());
    }
    return left;
  }

  private Expression power() {
    Expression left = operands.signed(true);
    while (tokens.skipOperator("**")) {
      left = new Binary("**", left, operands.signed(true));
    }
    return left;
  }
}
