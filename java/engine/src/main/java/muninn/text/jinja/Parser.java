package muninn.text.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import muninn.text.jinja.Statement.Target;

/** Reads the statements of a template by Jinja's grammar. */
final class Parser {
  private final TemplateTokens tokens;
  private final ExpressionParser expressions;
  private final OperandParser operands;
  private final TargetParser targets;

  /** Loops around this place, macros not looked through: whether it can be left by a break. */
  private int loops;

  private Parser(TemplateTokens tokens) {
    this.tokens = tokens;
    expressions = new ExpressionParser(tokens);
    operands = expressions.operands();
    targets = new TargetParser(tokens);
  }

  /**
   * The statements of a template.
   *
   * @throws TemplateException saying what is wrong with it, with its line
   */
  static List<Statement> parse(String template) {
    Parser parser = new Parser(new TemplateTokens(Lexer.tokens(template)));
    List<Statement> statements = parser.statements(Set.of());
    return statements;
  }

  private TemplateException unknownTag() {
    String name = tokens.now().text();
    boolean end = name.startsWith("end") || name.equals("else") || name.equals("elif");
    return tokens.error(end ? "tag '%s' without its begin" : "tag '%s' is not known", name);
  }

  /** Up to the tag with one of these names, whose name is the next token then. */
  private List<Statement> statements(Set<String> ends) {
    tokens.enter();
    List<Statement> statements = new ArrayList<>();
    while (true) {
      TemplateToken token = tokens.take();
      switch (token.kind()) {
        case DATA -> statements.add(new Statement.Data(token.text()));
        case BEGIN_OUTPUT -> {
          statements.add(new Statement.Output(expressions.tuple(true, null), token.line()));
          tokens.take(TemplateToken.Kind.END_OUTPUT);
        }
        case BEGIN_TAG -> {
          if (tokens.now().kind() == TemplateToken.Kind.NAME
              && ends.contains(tokens.now().text())) {
            tokens.leave();
            return List.copyOf(statements);
          }
          statements.add(statement(token.line()));
          tokens.take(TemplateToken.Kind.END_TAG);
        }
        default -> {
          if (!ends.isEmpty()) {
            throw tokens.wrong("tag " + String.join(" or ", ends.stream().sorted().toList()));
          }
          tokens.leave();
          return List.copyOf(statements);
        }
      }
    }
  }

  /** The rest of a begun tag, then the statements up to one of these tags. */
  private List<Statement> body(String... ends) {
    tokens.skipOperator(":");
    tokens.take(TemplateToken.Kind.END_TAG);
    return statements(Set.of(ends));
  }

  /** The same up to one tag, whose name is taken. */
  private List<Statement> bodyTo(String end) {
    List<Statement> body = body(end);
    tokens.takeName(end);
    return body;
  }

  private Statement statement(int line) {
    if (tokens.now().kind() != TemplateToken.Kind.NAME) {
      throw tokens.wrong("the name of a tag");
    }
    return switch (tokens.now().text()) {
      case "if" -> condition();
      case "for" -> loop();
      case "set" -> assignment();
      case "macro" -> macro();
      case "call" -> callBlock();
      case "filter" -> {
        tokens.take();
        Expression filter = operands.pipe(operands.filter(null));
        yield new Statement.FilterBlock(filter, bodyTo("endfilter"), line);
      }
      case "with" -> with();
      case "generation" -> {
        tokens.take();
        yield define(null, "endgeneration", Statement.Generation::new);
      }
      case "print" -> print();
      case "break", "continue" -> {
        if (loops == 0) {
          throw tokens.error("'%s' outside of a loop", tokens.now().text());
        }
        yield tokens.take().isName("break") ? new Statement.Break() : new Statement.Continue();
      }
      case "include", "import", "from", "extends" -> refused(null);
      case "block" -> refused("endblock");
      case "autoescape" -> refused("endautoescape");
      default -> throw unknownTag();
    };
  }

  /** Jinja's, but not for chat templates; it is told only where it is reached. */
  private Statement refused(String end) {
    TemplateToken tag = tokens.take();
    while (tokens.now().kind() != TemplateToken.Kind.END_TAG
        && tokens.now().kind() != TemplateToken.Kind.END) {
      tokens.take();
    }
    if (end != null) {
      outsideLoops(() -> bodyTo(end));
      if (tokens.now().kind() == TemplateToken.Kind.NAME) {
        tokens.take();
      }
    }
    return new Statement.Refused(tag.text(), tag.line());
  }

  private interface Body {
    List<Statement> parse();
  }

  private List<Statement> outsideLoops(Body body) {
    int around = loops;
    loops = 0;
    List<Statement> statements = body.parse();
    loops = around;
    return statements;
  }

  private List<Statement> insideLoop(Body body) {
    loops++;
    List<Statement> statements = body.parse();
    loops--;
    return statements;
  }

  private Statement condition() {
    List<Statement.Branch> branches = new ArrayList<>();
    List<Statement> otherwise = List.of();
    do {
      int line = tokens.take().line();
      Expression test = expressions.tuple(false, null);
      branches.add(new Statement.Branch(test, body("elif", "else", "endif"), line));
    } while (tokens.now().isName("elif"));
    if (tokens.take().isName("else")) {
      otherwise = bodyTo("endif");
    }
    return new Statement.If(List.copyOf(branches), otherwise);
  }

  private Statement loop() {
    int line = tokens.take().line();
    targets.enterLoop();
    Target target = targets.target(false, "in");
    tokens.takeName("in");
    Expression items = expressions.tuple(false, "recursive");
    Expression test = tokens.skipName("if") ? expressions.expression() : null;
    boolean recursive = tokens.skipName("recursive");
    List<Statement> body = insideLoop(() -> body("endfor", "else"));
    List<Statement> otherwise = tokens.take().isName("else") ? bodyTo("endfor") : List.of();
    targets.leaveLoop();
    return new Statement.For(target, items, test, body, otherwise, recursive, line);
  }

  private Statement assignment() {
    int line = tokens.take().line();
    Target target = targets.target(true, null);
    if (tokens.skipOperator("=")) {
      return new Statement.Assignment(target, expressions.tuple(true, null), line);
    }
    Expression filter = operands.pipe(null);
    return new Statement.BlockAssignment(target, filter, bodyTo("endset"), line);
  }

  private Statement macro() {
    tokens.take();
    String name = targets.assignable(tokens.take(TemplateToken.Kind.NAME).text());
    return define(name, "endmacro", Statement.MacroDefinition::new);
  }

  private Statement callBlock() {
    int line = tokens.take().line();
    Expression[] call = new Expression[1];
    return define(
        null,
        "endcall",
        (signature, body) ->
            new Statement.CallBlock(signature, (Expression.Call) call[0], body, line),
        () -> {
          call[0] = expressions.expression();
          if (!(call[0] instanceof Expression.Call)) {
            throw tokens.wrong("a call");
          }
        });
  }

  private interface Definition {
    Statement of(Statement.Signature signature, List<Statement> body);
  }

  private Statement define(String name, String end, Definition definition) {
    return define(name, end, definition, () -> {});
  }

  /** Parameters, what comes behind them, and a body that notes the names it looks up. */
  private Statement define(String name, String end, Definition definition, Runnable between) {
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    if (name != null || end.equals("endcall") && tokens.isOperator("(")) {
      parameters(parameters, defaults);
    }
    between.run();
    Set<String> used = new HashSet<>();
    Set<String> around = operands.collect(used);
    List<Statement> body = outsideLoops(() -> bodyTo(end));
    operands.collect(around);
    around.addAll(used);
    return definition.of(
        new Statement.Signature(name, List.copyOf(parameters), List.copyOf(defaults), used), body);
  }

  private void parameters(List<String> parameters, List<Expression> defaults) {
    tokens.takeOperator("(");
    while (!tokens.isOperator(")")) {
      String name = tokens.take(TemplateToken.Kind.NAME).text();
      if (TargetParser.CONSTANTS.contains(name) || parameters.contains(name)) {
        throw tokens.error("'%s' cannot be a parameter, or is one already", name);
      }
      parameters.add(name);
      if (tokens.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw tokens.error("parameter '%s' without a default behind one with a default", name);
      }
      if (!tokens.isOperator(")")) {
        tokens.takeOperator(",");
      }
    }
    tokens.take();
  }

  private Statement with() {
    int line = tokens.take().line();
    List<Target> names = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (tokens.now().kind() != TemplateToken.Kind.END_TAG) {
      if (!names.isEmpty()) {
        tokens.takeOperator(",");
      }
      names.add(targets.target(false, null));
      tokens.takeOperator("=");
      values.add(expressions.expression());
    }
    return new Statement.With(List.copyOf(names), List.copyOf(values), bodyTo("endwith"), line);
  }

  /** {@code {% print a, b %}}. */
  private Statement print() {
    int line = tokens.take().line();
    List<Expression> parts = new ArrayList<>();
    while (tokens.now().kind() != TemplateToken.Kind.END_TAG) {
      if (!parts.isEmpty()) {
        tokens.takeOperator(",");
      }
      parts.add(expressions.expression());
    }
    return new Statement.Output(new Expression.Concatenation(List.copyOf(parts)), line);
  }
}
