package muninn.text.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens as Jinja does when it is set up for chat templates: one kind of line
 * end and none at the very end, the line break after a tag and the indentation before it dropped
 * ({@code trim_blocks}, {@code lstrip_blocks}), and what {@code -} and {@code +} ask for.
 */
final class Lexer {
  private static final Pattern LINE_END = Pattern.compile("\\r\\n?");
  private static final String OPENING = "([{";
  private static final String CLOSING = ")]}";
  private static final List<String> LONG_OPERATORS = List.of("//", "**", "==", "!=", ">=", "<=");
  private static final String OPERATORS = "+-/*%~[](){}><=.:|,;";

  private final String source;
  private final List<TemplateToken> tokens = new ArrayList<>();
  private final Deque<Character> brackets = new ArrayDeque<>();
  private int at;
  private int line = 1;
  private int counted;

  /** Whether what was read last ended a line, so that indentation may follow. */
  private boolean lineStart = true;

  private Lexer(String source) {
    this.source = source;
  }

  /**
   * The tokens of a template; the last is {@link TemplateToken.Kind#END}.
   *
   * @throws TemplateException naming what is never closed or has no meaning, with its line
   */
  static List<TemplateToken> tokens(String template) {
    String source = LINE_END.matcher(template).replaceAll("\n");
    Lexer lexer =
        new Lexer(source.endsWith("\n") ? source.substring(0, source.length() - 1) : source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    for (int begin = construct(); begin >= 0; begin = construct()) {
      char mark = source.charAt(begin + 1);
      int raw = mark == '%' ? tag(begin, "raw") : -1;
      data(begin, mark);
      if (raw >= 0) {
        raw(begin, raw);
      } else if (mark == '#') {
        comment(begin);
      } else {
        code(begin, mark == '%');
      }
    }
    add(TemplateToken.Kind.DATA, source.substring(at), at);
    add(TemplateToken.Kind.END, "", source.length());
  }

  private int construct() {
    int found = source.indexOf('{', at);
    while (found >= 0) {
      if ("{%#".indexOf(peek(found + 1)) >= 0) {
        return found;
      }
      found = source.indexOf('{', found + 1);
    }
    return -1;
  }

  private char peek(int index) {
    return index < source.length() ? source.charAt(index) : '\0';
  }

  private boolean isSigned(int begin) {
    return peek(begin + 2) == '-' || peek(begin + 2) == '+';
  }

  private int skipSpace(int from) {
    int to = from;
    while (to < source.length() && PythonText.isSpace(source.charAt(to))) {
      to++;
    }
    return to;
  }

  /** Where a tag ends that holds this word alone, before its closing mark; -1 for another tag. */
  private int tag(int begin, String word) {
    int from = skipSpace(begin + (isSigned(begin) ? 3 : 2));
    if (!source.startsWith(word, from)) {
      return -1;
    }
    int to = skipSpace(from + word.length());
    int close = source.startsWith("%}", to) ? to : to + 1;
    boolean signed = close > to && (peek(to) == '-' || peek(to) == '+' && word.equals("endraw"));
    return source.startsWith("%}", close) && (close == to || signed) ? to : -1;
  }

  /** The text before a construct, without what its sign or the indentation rule takes. */
  private void data(int begin, char mark) {
    String text = source.substring(at, begin);
    char sign = peek(begin + 2);
    if (sign == '-') {
      text = PythonText.stripEnd(text);
    } else if (sign != '+' && mark != '{') {
      int lineBegin = text.lastIndexOf('\n') + 1;
      boolean indents = lineBegin > 0 || lineStart;
      if (indents && PythonText.strip(text.substring(lineBegin)).isEmpty()) {
        text = text.substring(0, lineBegin);
      }
    }
    add(TemplateToken.Kind.DATA, text, at);
  }

  private void raw(int begin, int close) {
    // After this tag no line break is dropped.
    int to = peek(close) == '-' ? skipSpace(close + 3) : close + 2;
    go(to);
    int end = source.indexOf("{%", at);
    while (end >= 0 && tag(end, "endraw") < 0) {
      end = source.indexOf("{%", end + 1);
    }
    if (end < 0) {
      throw neverClosed("{% raw", begin);
    }
    data(end, '%');
    close(tag(end, "endraw"), true);
  }

  private void comment(int begin) {
    int body = begin + (isSigned(begin) ? 3 : 2);
    int end = source.indexOf("#}", body);
    if (end < 0) {
      throw neverClosed("{#", begin);
    }
    boolean signed = end > body && "-+".indexOf(source.charAt(end - 1)) >= 0;
    close(signed ? end - 1 : end, true);
  }

  /** Goes behind a closing mark, white space taken as asked. */
  private void close(int mark, boolean block) {
    char sign = source.charAt(mark);
    boolean signed = sign == '-' || sign == '+';
    int to = mark + (signed ? 3 : 2);
    if (sign == '-') {
      to = skipSpace(to);
    } else if (!signed && block && peek(to) == '\n') {
      to++;
    }
    go(to);
  }

  private void go(int to) {
    at = to;
    lineStart = source.charAt(to - 1) == '\n';
  }

  private void code(int begin, boolean tag) {
    add(tag ? TemplateToken.Kind.BEGIN_TAG : TemplateToken.Kind.BEGIN_OUTPUT, "", begin);
    at = begin + (isSigned(begin) ? 3 : 2);
    String close = tag ? "%}" : "}}";
    while (true) {
      at = skipSpace(at);
      if (at >= source.length()) {
        throw neverClosed(tag ? "{%" : "{{", begin);
      }
      char c = source.charAt(at);
      boolean signed = c == '-' || tag && c == '+';
      if (brackets.isEmpty() && source.startsWith(close, signed ? at + 1 : at)) {
        add(tag ? TemplateToken.Kind.END_TAG : TemplateToken.Kind.END_OUTPUT, "", at);
        close(at, tag);
        return;
      }
      token(c);
    }
  }

  private void token(char c) {
    int begin = at;
    if (Literals.isDigit(c)) {
      int end = Literals.floatEnd(source, at);
      boolean real = end > 0 && peek(at - 1) != '.';
      at = real ? end : Literals.integerEnd(source, at);
      add(
          real ? TemplateToken.Kind.FLOAT : TemplateToken.Kind.INTEGER,
          source.substring(begin, at),
          begin);
    } else if (isNamePart(source.codePointAt(at))) {
      while (at < source.length() && isNamePart(source.codePointAt(at))) {
        at += Character.charCount(source.codePointAt(at));
      }
      if (!Character.isUnicodeIdentifierStart(source.codePointAt(begin)) && c != '_') {
        throw TemplateException.of("a name cannot begin with '%s'", c).at(lineAt(begin));
      }
      add(TemplateToken.Kind.NAME, source.substring(begin, at), begin);
    } else if (c == '\'' || c == '"') {
      at = Literals.stringEnd(source, at);
      if (at < 0) {
        throw neverClosed(String.valueOf(c), begin);
      }
      String inside = source.substring(begin + 1, at - 1);
      add(TemplateToken.Kind.STRING, Literals.unescaped(inside, lineAt(begin)), begin);
    } else {
      operator(c);
    }
  }

  private static boolean isNamePart(int codePoint) {
    return Character.isUnicodeIdentifierPart(codePoint)
        && !Character.isIdentifierIgnorable(codePoint);
  }

  private void operator(char c) {
    String two = at + 2 <= source.length() ? source.substring(at, at + 2) : "";
    String operator = LONG_OPERATORS.contains(two) ? two : String.valueOf(c);
    if (operator.length() == 1 && OPERATORS.indexOf(c) < 0) {
      throw TemplateException.of("the character '%s' has no meaning there", c).at(lineAt(at));
    }
    if (OPENING.indexOf(c) >= 0) {
      brackets.push(CLOSING.charAt(OPENING.indexOf(c)));
    } else if (CLOSING.indexOf(c) >= 0) {
      Character wanted = brackets.poll();
      if (wanted == null || wanted != c) {
        String hint = wanted == null ? "" : ", wanted '" + wanted + "'";
        throw TemplateException.of("unexpected '%s'%s", c, hint).at(lineAt(at));
      }
    }
    add(TemplateToken.Kind.OPERATOR, operator, at);
    at += operator.length();
  }

  private void add(TemplateToken.Kind kind, String text, int where) {
    if (kind != TemplateToken.Kind.DATA || !text.isEmpty()) {
      tokens.add(new TemplateToken(kind, text, lineAt(where)));
    }
  }

  private TemplateException neverClosed(String what, int where) {
    return TemplateException.of("%s is never closed", what.length() == 1 ? what : "'" + what + "'")
        .at(lineAt(where));
  }

  /** Counts on from the last place asked for. */
  private int lineAt(int where) {
    if (where < counted) {
      counted = 0;
      line = 1;
    }
    for (; counted < where; counted++) {
      line += source.charAt(counted) == '\n' ? 1 : 0;
    }
    return line;
  }
}
