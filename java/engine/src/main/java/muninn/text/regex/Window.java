package muninn.text.regex;

/** A stretch of a text, as if there were nothing around it, and what stands at its places. */
final class Window {
  private final char[] text;
  private final int from;
  private final int to;

  Window(char[] text, int from, int to) {
    this.text = text;
    this.from = from;
    this.to = to;
  }

  int from() {
    return from;
  }

  /** The character at a place before the end. */
  int at(int place) {
    char c = text[place];
    if (Character.isHighSurrogate(c) && place + 1 < to) {
      char low = text[place + 1];
      if (Character.isLowSurrogate(low)) {
        return Character.toCodePoint(c, low);
      }
    }
    return c;
  }

  /** The character before a place behind the beginning. */
  int before(int place) {
    char c = text[place - 1];
    if (Character.isLowSurrogate(c) && place - 2 >= from) {
      char high = text[place - 2];
      if (Character.isHighSurrogate(high)) {
        return Character.toCodePoint(high, c);
      }
    }
    return c;
  }

  /** Whether a place is one of those that patterns can name. */
  boolean is(int place, Node.Place kind) {
    boolean first = place == from;
    boolean last = place == to;
    return switch (kind) {
      case LINE_BEGIN -> first || !last && text[place - 1] == '\n';
      case LINE_END -> last || text[place] == '\n';
      case TEXT_BEGIN -> first;
      case TEXT_END -> last;
      case LAST_LINE_END -> last || place == to - 1 && text[place] == '\n';
      case WORD_EDGE -> isWordEdge(place);
      case NO_WORD_EDGE -> !isWordEdge(place);
    };
  }

  private boolean isWordEdge(int place) {
    boolean before = place > from && Properties.WORD_ALONE.test(before(place));
    boolean behind = place < to && Properties.WORD_ALONE.test(at(place));
    return before != behind;
  }
}
