package muninn.text.jinja;

/**
 * The work that one rendering may do, so that no template runs for ever, fills the memory or
 * overflows the stack. A unit stands for some 50 ns: a step of the interpreter, a quarter of an
 * element made, 16 characters made or 64 looked through. It grows with the conversation, since a
 * template looks at all of it.
 */
final class Budget {
  private static final long UNITS = 10_000_000;
  private static final int UNITS_A_CHARACTER = 4;

  /** Of one text, the rendered prompt included. */
  private static final int MAX_CHARACTERS = 16 << 20;

  /** Of one whole number: beyond what Python prints (4,300 digits), far below what takes long. */
  private static final int MAX_BITS = 1 << 16;

  /** Of expressions, statements, macros and values inside each other: some 200 KB of stack. */
  private static final int MAX_DEPTH = 500;

  private long left;
  private int depth;

  /**
   * A budget for one rendering.
   *
   * @param characters of all that the template is given
   */
  Budget(long characters) {
    left = UNITS + UNITS_A_CHARACTER * characters;
  }

  void steps(long count) {
    left -= count;
    if (left < 0) {
      throw TemplateException.of("it takes more work than any conversation needs");
    }
  }

  /** Before so many elements of a list or entries of a dict are made. */
  void elements(long count) {
    steps(4 * count);
  }

  /** Before a text of so many characters is made. */
  void text(long characters) {
    if (characters > MAX_CHARACTERS) {
      throw TemplateException.of(
          "a text of %,d characters, wanted at most %,d", characters, MAX_CHARACTERS);
    }
    steps(1 + characters / 16);
  }

  /** Before more characters are added to a text of so many. */
  void append(long characters, long more) {
    if (characters + more > MAX_CHARACTERS) {
      text(characters + more);
    }
    steps(1 + more / 16);
  }

  /** Before so many characters are looked through. */
  void scan(long characters) {
    steps(1 + characters / 64);
  }

  /**
   * Before a text is looked for in another. Java compares at every place, many characters at a
   * time.
   */
  void search(long characters, long wanted) {
    long places = Math.max(0, characters - wanted + 1);
    steps(1 + characters / 64 + places * wanted / 1024);
  }

  /** Before a number of so many bits is made by work that grows with the square of it. */
  void number(long bits) {
    if (bits > MAX_BITS) {
      throw TemplateException.of("a number of %,d bits, wanted at most %,d", bits, MAX_BITS);
    }
    long words = bits / 64;
    steps(1 + words * words / 16);
  }

  /** Goes one level deeper; {@link #leave} comes back, unless the rendering fails. */
  void enter() {
    enter(1);
  }

  /** Goes deeper by as many levels as what follows needs stack for. */
  void enter(int levels) {
    steps(1);
    depth += levels;
    if (depth > MAX_DEPTH) {
      throw TemplateException.of("nested more than %d levels deep", MAX_DEPTH);
    }
  }

  void leave() {
    leave(1);
  }

  void leave(int levels) {
    depth -= levels;
  }
}
