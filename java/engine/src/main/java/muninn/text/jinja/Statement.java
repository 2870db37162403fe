package muninn.text.jinja;

import java.util.List;
import java.util.Set;

/** A part of a template that is carried out; lines are counted from 1. */
sealed interface Statement {

  /** Text that appears as it stands. */
  record Data(String text) implements Statement {}

  /** The value of an expression as text. */
  record Output(Expression expression, int line) implements Statement {}

  record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

  record Branch(Expression test, List<Statement> body, int line) {}

  /**
   * A loop.
   *
   * @param test which items it takes; null for all
   * @param otherwise what is done where there is no item
   */
  record For(
      Target target,
      Expression items,
      Expression test,
      List<Statement> body,
      List<Statement> otherwise,
      boolean recursive,
      int line)
      implements Statement {}

  record Assignment(Target target, Expression value, int line) implements Statement {}

  /** {@code {% set target %}…{% endset %}}; the filter may be null. */
  record BlockAssignment(Target target, Expression filter, List<Statement> body, int line)
      implements Statement {}

  /** What a value is given to: one name, an attribute of a namespace, or several of these. */
  sealed interface Target {
    record Name(String name) implements Target {}

    record Attribute(String namespace, String name) implements Target {}

    record Several(List<Target> targets) implements Target {}
  }

  record MacroDefinition(Signature signature, List<Statement> body) implements Statement {}

  /**
   * How a macro is called.
   *
   * @param name null for the body of a {@code call} block
   * @param defaults of the last parameters
   * @param used names that its body looks up: {@code caller}, {@code varargs} and {@code kwargs}
   *     are there only for one that does
   */
  record Signature(
      String name, List<String> parameters, List<Expression> defaults, Set<String> used) {}

  record CallBlock(Signature signature, Expression.Call call, List<Statement> body, int line)
      implements Statement {}

  record FilterBlock(Expression filter, List<Statement> body, int line) implements Statement {}

  record With(List<Target> targets, List<Expression> values, List<Statement> body, int line)
      implements Statement {}

  /**
   * Marks what the assistant said, for training; here its inside passes through. To Jinja it is a
   * macro called without arguments.
   */
  record Generation(Signature signature, List<Statement> body) implements Statement {}

  record Break() implements Statement {}

  record Continue() implements Statement {}

  /** A tag of Jinja's that no chat template needs, or that would read other files. */
  record Refused(String tag, int line) implements Statement {}
}
