package muninn.text.jinja;

import java.util.List;

/** A place in the tokens of a template, and what a parser asks of it. */
final class TemplateTokens {
  /** Deeper brackets or tags would cost stack; Jinja gives up at some eighty brackets. */
  private static final int MAX_DEPTH = 70;

  private final List<TemplateToken> tokens;
  private int at;
  private int depth;

  TemplateTokens(List<TemplateToken> tokens) {
    this.tokens = tokens;
  }

  TemplateToken now() {
    return tokens.get(at);
  }

  /** The token after this one. */
  TemplateToken ahead() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  /** This token; afterwards the next one is. */
  TemplateToken take() {
    TemplateToken token = now();
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  TemplateToken take(TemplateToken.Kind kind) {
    if (now().kind() != kind) {
      throw wrong(TemplateToken.words(kind));
    }
    return take();
  }

  void takeOperator(String operator) {
    if (!skipOperator(operator)) {
      throw wrong("'" + operator + "'");
    }
  }

  void takeName(String name) {
    if (!skipName(name)) {
      throw wrong("'" + name + "'");
    }
  }

  boolean isOperator(String operator) {
    return now().isOperator(operator);
  }

  boolean skipOperator(String operator) {
    boolean there = now().isOperator(operator);
    if (there) {
      take();
    }
    return there;
  }

  boolean skipName(String name) {
    boolean there = now().isName(name);
    if (there) {
      take();
    }
    return there;
  }

  TemplateException wrong(String wanted) {
    return error("found %s, wanted %s", now().words(), wanted);
  }

  /** About this token's line. */
  TemplateException error(String format, Object... args) {
    return TemplateException.of(format, args).at(now().line());
  }

  void enter() {
    if (++depth > MAX_DEPTH) {
      throw error("nested more than %d levels deep", MAX_DEPTH);
    }
  }

  void leave() {
    depth--;
  }
}
