package muninn.model;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A chat template cut into text, expressions and tags, its white space settled as Jinja settles it
 * for chat templates: one kind of line end and none at the very end, a line break after a tag
 * dropped, the indentation before a tag dropped, and what a dash asks for. Comments are gone.
 * Jinjava gets the result and has no white space left to judge, which it does otherwise.
 */
record JinjaSource(List<Segment> segments) {

  /** What a stretch of a template is. */
  enum Kind {
    TEXT,
    EXPRESSION,
    TAG
  }

  /**
   * A stretch of a template.
   *
   * @param text without the marks around it
   * @param words of an expression or a tag
   * @param line where it begins, counted from 1
   */
  record Segment(Kind kind, String text, List<String> words, int line) {}

  private static final Pattern LINE_END = Pattern.compile("\\r\\n?");
  private static final Pattern WORD =
      Pattern.compile(
          "'[^'\\\\]*+(?:\\\\.[^'\\\\]*+)*+'|\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\""
              + "|[-+]?[%}]\\}|\\w++|\\S",
          Pattern.DOTALL);

  /**
   * Cuts a template.
   *
   * @throws IllegalArgumentException naming what is never closed
   */
  static JinjaSource parse(String template) {
    String source = LINE_END.matcher(template).replaceAll("\n");
    return new Cutter(source.endsWith("\n") ? source.substring(0, source.length() - 1) : source)
        .cut();
  }

  /** The template for Jinjava. */
  String text() {
    StringBuilder text = new StringBuilder();
    for (Segment segment : segments) {
      switch (segment.kind()) {
        case TEXT -> text.append(segment.text());
        case EXPRESSION -> text.append("{{ ").append(segment.text()).append(" }}");
        case TAG -> {
          text.append("{% ").append(segment.text()).append(" %}");
          if (segment.words().getFirst().equals("for")) {
            // Something to count in each round, even of a loop with nothing in it.
            text.append("{{ '' }}");
          }
        }
      }
    }
    return text.toString();
  }

  /** Walks through a template once. */
  private static final class Cutter {
    private final String source;
    private final List<Segment> segments = new ArrayList<>();
    private int line = 1;
    private int counted;
    // Whether what was read last ended a line, so that indentation may follow.
    private boolean atLineStart = true;

    Cutter(String source) {
      this.source = source;
    }

    JinjaSource cut() {
      int from = 0;
      while (true) {
        int begin = construct(from);
        if (begin < 0) {
          add(Kind.TEXT, source.substring(from), List.of(), from);
          return new JinjaSource(List.copyOf(segments));
        }
        char mark = source.charAt(begin + 1);
        int body = begin + 2;
        char sign = body < source.length() ? source.charAt(body) : ' ';
        boolean signed = sign == '-' || sign == '+';
        add(Kind.TEXT, before(source.substring(from, begin), mark, sign), List.of(), from);
        from = mark == '#' ? comment(body) : code(mark, signed ? body + 1 : body, begin);
      }
    }

    private int construct(int from) {
      int at = source.indexOf('{', from);
      while (at >= 0 && at + 1 < source.length()) {
        if ("{%#".indexOf(source.charAt(at + 1)) >= 0) {
          return at;
        }
        at = source.indexOf('{', at + 1);
      }
      return -1;
    }

    /** The text before a construct, without what its sign or the indentation rule takes. */
    private String before(String text, char mark, char sign) {
      if (sign == '-') {
        return PythonText.stripEnd(text);
      }
      int lineBegin = text.lastIndexOf('\n') + 1;
      boolean indentation =
          sign != '+'
              && mark != '{'
              && (lineBegin > 0 || atLineStart)
              && PythonText.strip(text.substring(lineBegin)).isEmpty();
      return indentation ? text.substring(0, lineBegin) : text;
    }

    private int comment(int body) {
      int end = source.indexOf("#}", body);
      if (end < 0) {
        throw new IllegalArgumentException("'{#' is never closed (line " + line(body) + ")");
      }
      char sign = end > body ? source.charAt(end - 1) : ' ';
      return after(end + 2, sign, true);
    }

    private int code(char mark, int body, int begin) {
      String close = mark == '%' ? "%}" : "}}";
      List<String> words = new ArrayList<>();
      Matcher word = WORD.matcher(source);
      int at = body;
      while (word.find(at)) {
        if (word.group().endsWith(close)) {
          char sign = word.group().length() > 2 ? word.group().charAt(0) : ' ';
          // In an expression a plus before the end is an operator without its right side.
          add(
              mark == '%' ? Kind.TAG : Kind.EXPRESSION,
              source.substring(body, word.start()).strip(),
              List.copyOf(words),
              begin);
          return after(word.end(), sign, mark == '%');
        }
        // The other mark may stand in an expression, as two closing braces of maps do in a tag.
        boolean split = word.group().endsWith("}") && word.group().length() > 1;
        words.add(split ? source.substring(word.start(), word.start() + 1) : word.group());
        at = split ? word.start() + 1 : word.end();
      }
      throw new IllegalArgumentException(
          "'{" + mark + "' is never closed (line " + line(begin) + ")");
    }

    /** Where the text goes on after a construct, white space taken as asked. */
    private int after(int end, char sign, boolean block) {
      int at = end;
      if (sign == '-') {
        while (at < source.length() && PythonText.isSpace(source.charAt(at))) {
          at++;
        }
      } else if (sign != '+' && block && at < source.length() && source.charAt(at) == '\n') {
        at++;
      }
      atLineStart = source.charAt(at - 1) == '\n';
      return at;
    }

    private void add(Kind kind, String text, List<String> words, int at) {
      if (kind != Kind.TEXT || !text.isEmpty()) {
        segments.add(new Segment(kind, text, words, line(at)));
      }
    }

    private int line(int at) {
      for (; counted < at; counted++) {
        line += source.charAt(counted) == '\n' ? 1 : 0;
      }
      return line;
    }
  }
}
