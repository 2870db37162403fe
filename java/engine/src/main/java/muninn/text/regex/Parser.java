package muninn.text.regex;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import muninn.text.regex.Node.Greed;
import muninn.text.regex.Node.Place;

/**
 * Reads a pattern as Oniguruma does by default. What it has beyond this (references, recursion,
 * conditions, absent operators, grapheme clusters) is refused by name, and so is what cannot be
 * matched in bounded time and memory: loops whose body may match nothing.
 */
final class Parser {
  private static final int MOST_CHARACTERS = 20_000;
  private static final int MOST_DEPTH = 50;
  private static final int MOST_LOOPS = 5;
  private static final int MOST_REPETITIONS = 1000;

  private final PatternText text;
  private int depth;

  /** How characters are read from here on. */
  private record Flags(boolean ignoreCase, boolean dotAll) {}

  /** How often something is to be repeated. */
  private record Times(int least, int most) {}

  private Parser(String pattern) {
    text = new PatternText(pattern);
  }

  static Node parse(String pattern) {
    if (pattern.length() > MOST_CHARACTERS) {
      throw new RegexException("it has more than " + MOST_CHARACTERS + " characters");
    }
    Parser parser = new Parser(pattern);
    Node node = parser.choice(new Flags(false, false));
    if (!parser.text.ended()) {
      throw new RegexException("there is a ) without its (");
    }
    return node;
  }

  /** Alternatives up to the end of the group, which is not read. */
  private Node choice(Flags flags) {
    if (++depth > MOST_DEPTH) {
      throw new RegexException("groups stand in each other more than " + MOST_DEPTH + " deep");
    }
    List<Node> alternatives = new ArrayList<>();
    do {
      alternatives.add(sequence(flags));
    } while (text.skip("|"));
    depth--;
    return alternatives.size() == 1 ? alternatives.getFirst() : new Node.Choice(alternatives);
  }

  private Node sequence(Flags flags) {
    List<Node> parts = new ArrayList<>();
    int before = -1;
    while (!text.ended() && text.peek() != '|' && text.peek() != ')') {
      int literal = text.peek();
      Node part = part(flags);
      boolean plain = flags.ignoreCase && part instanceof Node.Chars;
      if (plain && before >= 0) {
        CaseFolding.neighbours(before, literal);
      }
      before = plain ? literal : -1;
      parts.add(part);
    }
    return parts.size() == 1 ? parts.getFirst() : new Node.Sequence(parts);
  }

  private Node part(Flags flags) {
    Node node = atom(flags);
    int loops = 0;
    for (Times times = times(); times != null; times = times()) {
      if (++loops > MOST_LOOPS) {
        throw new RegexException("more than " + MOST_LOOPS + " repetitions follow one another");
      }
      node = repeat(node, times);
    }
    return node;
  }

  private Times times() {
    if (text.skip("*")) {
      return new Times(0, Node.UNBOUNDED);
    }
    if (text.skip("+")) {
      return new Times(1, Node.UNBOUNDED);
    }
    if (text.skip("?")) {
      return new Times(0, 1);
    }
    int place = text.place();
    if (text.skip("{")) {
      int least = text.number();
      boolean comma = text.skip(",");
      int most = comma ? text.number() : least;
      if (text.skip("}") && (least >= 0 || most >= 0)) {
        return new Times(Math.max(least, 0), most < 0 ? Node.UNBOUNDED : most);
      }
    }
    text.back(place);
    return null;
  }

  private Node repeat(Node body, Times times) {
    boolean interval = text.justRead('}');
    if (body instanceof Node.Anchor || body instanceof Node.Look) {
      throw new RegexException("a place that takes no characters is repeated");
    }
    if (body.least() == 0 && times.most > 1) {
      throw new RegexException("a loop has a body that may match nothing");
    }
    boolean bounded = times.most != Node.UNBOUNDED;
    if (times.least > MOST_REPETITIONS || bounded && times.most > MOST_REPETITIONS) {
      throw new RegexException("something is repeated more than " + MOST_REPETITIONS + " times");
    }
    if (times.least > times.most) {
      throw new RegexException("{" + times.least + "," + times.most + "} counts downwards");
    }
    Greed greed = Greed.GREEDY;
    if (text.skip("?")) {
      if (interval && times.least == times.most) {
        throw new RegexException("{n}? is read in two ways; write {n} or (?:…)?");
      }
      greed = Greed.LAZY;
    } else if (!interval && text.skip("+")) {
      greed = Greed.POSSESSIVE;
    }
    return new Node.Repeat(body, times.least, times.most, greed);
  }

  private Node atom(Flags flags) {
    int c = text.next();
    return switch (c) {
      case '(' -> group(flags);
      case '[' -> chars(new ClassParser(text, flags.ignoreCase).parse());
      case '.' -> chars(flags.dotAll ? _ -> true : other -> other != '\n');
      case '^' -> new Node.Anchor(Place.LINE_BEGIN);
      case '$' -> new Node.Anchor(Place.LINE_END);
      case '\\' -> escape(flags);
      case '*', '+', '?' -> throw new RegexException((char) c + " stands after nothing");
      default -> literal(c, flags);
    };
  }

  private static Node chars(IntPredicate members) {
    return new Node.Chars(CharSet.of(members));
  }

  private static Node literal(int codePoint, Flags flags) {
    return flags.ignoreCase
        ? chars(CaseFolding.of(codePoint))
        : new Node.Chars(CharSet.of(codePoint));
  }

  private Node escape(Flags flags) {
    for (Place place : Place.values()) {
      if (place.letter() != 0 && text.skip(Character.toString(place.letter()))) {
        return new Node.Anchor(place);
      }
    }
    if (text.skip("R")) {
      Node pair =
          new Node.Sequence(
              List.of(new Node.Chars(CharSet.of('\r')), new Node.Chars(CharSet.of('\n'))));
      return new Node.Atomic(new Node.Choice(List.of(pair, chars(Properties.LINE_END))));
    }
    if (text.skip("N")) {
      return chars(c -> c != '\n');
    }
    if (text.skip("O")) {
      return chars(_ -> true);
    }
    IntPredicate set = Escape.set(text, Properties.WORD_ALONE);
    return set != null ? chars(set) : literal(Escape.character(text), flags);
  }

  private Node group(Flags flags) {
    if (!text.skip("?")) {
      return closed(choice(flags));
    }
    if (text.skip(":")) {
      return closed(choice(flags));
    }
    if (text.skip(">")) {
      return closed(new Node.Atomic(choice(flags)));
    }
    if (text.looksAt("=") || text.looksAt("!")) {
      boolean negative = text.next() == '!';
      return closed(new Node.Look(choice(flags), true, negative));
    }
    if (text.looksAt("<=") || text.looksAt("<!")) {
      text.next();
      boolean negative = text.next() == '!';
      return closed(behind(choice(flags), negative));
    }
    if (text.skip("#")) {
      text.until(')');
      return new Node.Sequence(List.of());
    }
    if (text.skip("<")) {
      text.until('>');
      return closed(choice(flags));
    }
    return options(flags);
  }

  private static Node behind(Node body, boolean negative) {
    if (body.least() == 0 || body.most() > 255) {
      throw new RegexException("it looks behind for nothing, or for more than 255 characters");
    }
    if (body.isOnceForAll()) {
      throw new RegexException("it looks behind for something possessive");
    }
    return new Node.Look(body, false, negative);
  }

  private Node closed(Node node) {
    if (!text.skip(")")) {
      throw new RegexException("there is a ( without its )");
    }
    return node;
  }

  /** Options such as {@code (?i:…)}; without a colon they hold up to the end of the group. */
  private Node options(Flags flags) {
    boolean on = true;
    while (true) {
      int letter = text.next();
      switch (letter) {
        case '-' -> on = false;
        case 'i' -> flags = new Flags(on, flags.dotAll);
        case 'm' -> flags = new Flags(flags.ignoreCase, on);
        case ':' -> {
          return closed(choice(flags));
        }
        case ')' -> {
          return choice(flags);
        }
        default ->
            throw new RegexException(
                "(?" + Character.toString(letter) + " is not a group that is supported");
      }
    }
  }
}
