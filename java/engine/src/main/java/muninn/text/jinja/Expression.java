package muninn.text.jinja;

import java.util.List;

/** What stands between {@code {{} and {@code }}} or in a tag, and comes to a value. */
sealed interface Expression {

  record Constant(Value value) implements Expression {}

  record Name(String name) implements Expression {}

  /** A list, or a tuple. */
  record Sequence(List<Expression> items, boolean tuple) implements Expression {}

  record Dict(List<Entry> entries) implements Expression {}

  record Entry(Expression key, Expression value) {}

  /** {@code then if test else otherwise}; {@code otherwise} may be null. */
  record Conditional(Expression test, Expression then, Expression otherwise)
      implements Expression {}

  /** {@code and} or {@code or}. */
  record Logical(boolean and, Expression left, Expression right) implements Expression {}

  record Not(Expression of) implements Expression {}

  /** {@code first < a <= b …}: each neighbouring pair, and each expression once. */
  record Comparisons(Expression first, List<Compared> rest) implements Expression {}

  /**
   * What an expression is compared with.
   *
   * @param operator one of {@code == != < <= > >= in} and {@code not in}
   */
  record Compared(String operator, Expression to) {}

  record Binary(String operator, Expression left, Expression right) implements Expression {}

  record Unary(String operator, Expression of) implements Expression {}

  /** {@code a ~ b ~ c}: all as text. */
  record Concatenation(List<Expression> parts) implements Expression {}

  record Attribute(Expression of, String name) implements Expression {}

  record Element(Expression of, Expression key) implements Expression {}

  /** {@code of[from:to:by]}; each of the three may be null. */
  record Slice(Expression of, Expression from, Expression to, Expression by)
      implements Expression {}

  record Call(Expression callee, Passed passed) implements Expression {}

  /** {@code of | name(…)}; {@code of} is null where a block of the template is filtered. */
  record Filter(Expression of, String name, Passed passed) implements Expression {}

  /** {@code of is name(…)}. */
  record Test(Expression of, String name, Passed passed) implements Expression {}

  /**
   * What a call passes.
   *
   * @param star what is spread over places; null for nothing
   * @param starStar what is spread over names; null for nothing
   */
  record Passed(
      List<Expression> positional, List<Keyword> named, Expression star, Expression starStar) {
    static final Passed NOTHING = new Passed(List.of(), List.of(), null, null);

    boolean isNothing() {
      return positional.isEmpty() && named.isEmpty() && star == null && starStar == null;
    }
  }

  record Keyword(String name, Expression value) {}
}
