package muninn.text.regex;

/** A pattern, ready to be matched. Immutable. */
public final class Regex {
  private final Instructions program;

  private Regex(Instructions program) {
    this.program = program;
  }

  /**
   * Reads a pattern in Oniguruma's syntax.
   *
   * @throws RegexException saying what is wrong or not supported in it
   */
  public static Regex of(String pattern) {
    return new Regex(Compiler.compile(Parser.parse(pattern)));
  }

  /** The pattern that matches exactly this text. */
  public static Regex literal(String text) {
    return new Regex(
        Compiler.compile(
            new Node.Sequence(
                text.codePoints().<Node>mapToObj(c -> new Node.Chars(CharSet.of(c))).toList())));
  }

  /** Something that looks for the pattern, at the expense of these steps. */
  public Matcher matcher(Steps steps) {
    return new Matcher(program, steps);
  }
}
