package muninn.text.regex;

import java.util.Arrays;
import java.util.List;
import muninn.text.regex.Node.Place;

/**
 * Runs a pattern over a text. Ways not taken wait on a stack of our own, and every step is counted,
 * so a hostile pattern ends in an exception and not in a full stack or an endless loop. Of several
 * matches that begin at the same place the one is found that Oniguruma would find: alternatives in
 * their order, greedy repetitions longest first. Not thread-safe.
 */
public final class Matcher {
  /** Ints on the stack, three for each way not taken: 128 MiB. */
  private static final int MOST_STACK = 1 << 25;

  private static final Place[] PLACES = Place.values();
  private static final int GREEDY = Node.Greed.GREEDY.ordinal();
  private static final int LAZY = Node.Greed.LAZY.ordinal();

  private final int[] code;
  private final CharSet[] sets;
  private final CharSet first;
  private final List<Program.Alternatives> tables;
  private final Steps steps;

  private char[] text;
  private int from;
  private int to;
  private int start;
  private int end;
  private boolean matched;

  // Ways not taken: where to go on in the pattern (inverted: go on with an instruction that has
  // begun), the place in the text, and what that instruction keeps.
  private int[] stack = new int[96];
  private int top;

  Matcher(Program program, Steps steps) {
    code = program.code();
    sets = program.sets().toArray(CharSet[]::new);
    tables = program.tables();
    first = program.first();
    this.steps = steps;
  }

  /** Turns to the characters of a text from one place to another, as if there were no others. */
  public void reset(char[] text, int from, int to) {
    this.text = text;
    this.from = from;
    this.to = to;
    start = from;
    end = from;
    matched = false;
    top = 0;
  }

  /**
   * Goes to the next match. Matches do not overlap, and one of no characters does not follow
   * another directly.
   *
   * @return whether there is one
   * @throws Steps.ExhaustedException when that takes too many steps, or too much memory
   */
  public boolean next() {
    int place = end;
    while (place <= to) {
      int found = mayBegin(place) ? run(0, place, -1) : -1;
      if (found > place || found == place && !(matched && place == end)) {
        start = place;
        end = found;
        matched = true;
        return true;
      }
      place += place < to ? Character.charCount(at(place)) : 1;
    }
    end = place;
    return false;
  }

  /** Where the match begins. */
  public int start() {
    return start;
  }

  /** The place after the match. */
  public int end() {
    return end;
  }

  private boolean mayBegin(int place) {
    return first == null || place < to && first.contains(at(place));
  }

  private int at(int place) {
    char c = text[place];
    if (Character.isHighSurrogate(c) && place + 1 < to) {
      char low = text[place + 1];
      if (Character.isLowSurrogate(low)) {
        return Character.toCodePoint(c, low);
      }
    }
    return c;
  }

  private int before(int place) {
    char c = text[place - 1];
    if (Character.isLowSurrogate(c) && place - 2 >= from) {
      char high = text[place - 2];
      if (Character.isHighSurrogate(high)) {
        return Character.toCodePoint(high, c);
      }
    }
    return c;
  }

  /**
   * Matches from an instruction to the end of its part.
   *
   * @param goal the place where it has to end, or -1 for any
   * @return the place where it ends, or -1
   */
  private int run(int pc, int place, int goal) {
    int base = top;
    while (true) {
      steps.take(1);
      int after = -1; // the place after this instruction, or -1 where it does not match
      switch (code[pc]) {
        case Program.ONE -> {
          if (place < to) {
            int c = at(place);
            if (sets[code[pc + 1]].contains(c)) {
              after = place + Character.charCount(c);
              pc += 2;
            }
          }
        }
        case Program.LITERAL -> {
          if (place < to && at(place) == code[pc + 1]) {
            after = place + Character.charCount(code[pc + 1]);
            pc += 2;
          }
        }
        case Program.RUN -> {
          after = repeat(pc, place, goal >= 0);
          pc += 5;
        }
        case Program.SPLIT -> {
          push(code[pc + 2], place, 0);
          after = place;
          pc = code[pc + 1];
        }
        case Program.JUMP -> {
          after = place;
          pc = code[pc + 1];
        }
        case Program.CHOOSE -> {
          int ways = ways(tables.get(code[pc + 1]), place);
          if (ways != 0) {
            after = place;
            pc = choose(pc, place, ways);
          }
        }
        case Program.NEAR -> {
          boolean there = place < to && sets[code[pc + 1]].contains(at(place));
          if (there == (code[pc + 2] == 0)) {
            after = place;
          }
          pc += 3;
        }
        case Program.AHEAD -> {
          boolean there = run(pc + 3, place, -1) >= 0;
          if (there == (code[pc + 1] == 0)) {
            after = place;
          }
          pc = code[pc + 2];
        }
        case Program.BEHIND -> {
          if (behind(pc, place) == (code[pc + 1] == 0)) {
            after = place;
          }
          pc = code[pc + 2];
        }
        case Program.ATOMIC -> {
          after = run(pc + 2, place, -1);
          pc = code[pc + 1];
        }
        case Program.PLACE -> {
          if (isAt(PLACES[code[pc + 1]], place)) {
            after = place;
          }
          pc += 2;
        }
        default -> {
          if (goal < 0 || place == goal) {
            top = base;
            return place;
          }
        }
      }
      place = after;
      while (place < 0) {
        if (top == base) {
          return -1;
        }
        top -= 3;
        pc = stack[top];
        place = stack[top + 1];
        if (pc < 0) {
          pc = ~pc;
          int kept = stack[top + 2];
          if (code[pc] == Program.CHOOSE) {
            pc = choose(pc, place, kept);
          } else {
            place = code[pc + 4] == GREEDY ? less(pc, place, kept) : more(pc, place, kept);
            pc += 5;
          }
        }
      }
    }
  }

  private void push(int pc, int place, int kept) {
    if (top + 3 > stack.length) {
      if (stack.length >= MOST_STACK) {
        throw steps.exhausted("too many ways to match its pattern");
      }
      stack = Arrays.copyOf(stack, 2 * stack.length);
    }
    stack[top] = pc;
    stack[top + 1] = place;
    stack[top + 2] = kept;
    top += 3;
  }

  private int ways(Program.Alternatives table, int place) {
    if (place == to) {
      return table.atEnd();
    }
    char c = text[place];
    return c < 128 ? table.ascii()[c] : table.beyond();
  }

  /** Takes the first of some ways, and leaves the others on the stack. */
  private int choose(int pc, int place, int ways) {
    int others = ways & ways - 1;
    if (others != 0) {
      push(~pc, place, others);
    }
    return tables.get(code[pc + 1]).places()[Integer.numberOfTrailingZeros(ways)];
  }

  /** A run of characters of one set, and on the stack what else it could be. */
  private int repeat(int pc, int place, boolean mustEnd) {
    CharSet set = sets[code[pc + 1]];
    int least = code[pc + 2];
    int greed = code[pc + 4];
    int most = greed == LAZY ? least : code[pc + 3];
    int shortest = place;
    int count = 0;
    int at = place;
    while (count < most && at < to) {
      int c = at(at);
      if (!set.contains(c)) {
        break;
      }
      at += Character.charCount(c);
      if (++count == least) {
        shortest = at;
      }
    }
    steps.take(count);
    if (count < least) {
      return -1;
    }
    if (greed == LAZY) {
      push(~pc, at, count);
    } else if (greed == GREEDY && at > shortest && (mustEnd || code[pc + 5] != Program.END)) {
      push(~pc, at, shortest);
    }
    return at;
  }

  /** One character less of a greedy run. */
  private int less(int pc, int place, int shortest) {
    int at = place - Character.charCount(before(place));
    if (at > shortest) {
      push(~pc, at, shortest);
    }
    return at;
  }

  /** One character more of a lazy run, or -1. */
  private int more(int pc, int place, int count) {
    if (count == code[pc + 3] || place == to) {
      return -1;
    }
    int c = at(place);
    if (!sets[code[pc + 1]].contains(c)) {
      return -1;
    }
    int at = place + Character.charCount(c);
    push(~pc, at, count + 1);
    return at;
  }

  private boolean behind(int pc, int place) {
    int at = place;
    for (int back = 0; back <= code[pc + 4]; back++) {
      if (back >= code[pc + 3] && run(pc + 5, at, place) >= 0) {
        return true;
      }
      if (at == from) {
        return false;
      }
      at -= Character.charCount(before(at));
    }
    return false;
  }

  private boolean isAt(Place kind, int place) {
    boolean first = place == from;
    boolean last = place == to;
    return switch (kind) {
      case LINE_BEGIN -> first || !last && text[place - 1] == '\n';
      case LINE_END -> last || text[place] == '\n';
      case TEXT_BEGIN -> first;
      case TEXT_END -> last;
      case LAST_LINE_END -> last || place == to - 1 && text[place] == '\n';
      case WORD_EDGE, NO_WORD_EDGE -> {
        boolean edge =
            (!first && Properties.WORD_ALONE.test(before(place)))
                != (!last && Properties.WORD_ALONE.test(at(place)));
        yield edge == (kind == Place.WORD_EDGE);
      }
    };
  }
}
