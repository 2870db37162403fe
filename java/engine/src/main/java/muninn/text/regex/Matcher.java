package muninn.text.regex;

import java.util.Arrays;
import java.util.List;

/**
 * Runs a pattern over a text. Ways not taken wait on a stack of our own, and every step is counted,
 * so a hostile pattern ends in an exception and not in a full stack or an endless loop. Of several
 * matches that begin at the same place the one is found that Oniguruma would find: alternatives in
 * their order, greedy repetitions longest first. Not thread-safe.
 */
public final class Matcher {
  /** Ints on the stack, three for each way not taken: 128 MiB. */
  private static final int MOST_STACK = 1 << 25;

  private static final Node.Place[] PLACES = Node.Place.values();
  private static final int GREEDY = Node.Greed.GREEDY.ordinal();
  private static final int LAZY = Node.Greed.LAZY.ordinal();

  private final int[] code;
  private final CharSet[] sets;
  private final CharSet first;
  private final List<Instructions.Alternatives> tables;
  private final Steps steps;

  private Window text;
  private int to;
  private int start;
  private int end;
  private boolean matched;

  // Ways not taken: where to go on in the pattern (inverted: go on with an instruction that has
  // begun), the place in the text, and what that instruction keeps.
  private int[] stack = new int[96];
  private int top;

  /** Where {@link #resume} goes on in the pattern. */
  private int resumed;

  Matcher(Instructions program, Steps steps) {
    code = program.code();
    sets = program.sets().toArray(CharSet[]::new);
    first = program.first();
    tables = program.tables();
    this.steps = steps;
  }

  /** Turns to the characters of a text from one place to another, as if there were no others. */
  public void reset(char[] text, int from, int to) {
    this.text = new Window(text, from, to);
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
      place += place < to ? Character.charCount(text.at(place)) : 1;
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
    return first == null || place < to && first.contains(text.at(place));
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
      int at = place;
      place = -1; // as long as this instruction has not matched
      switch (code[pc]) {
        case Instructions.ONE -> {
          if (at < to && sets[code[pc + 1]].contains(text.at(at))) {
            place = at + Character.charCount(text.at(at));
            pc += 2;
          }
        }
        case Instructions.LITERAL -> {
          if (at < to && text.at(at) == code[pc + 1]) {
            place = at + Character.charCount(code[pc + 1]);
            pc += 2;
          }
        }
        case Instructions.RUN -> {
          place = repeat(pc, at, goal >= 0);
          pc += 5;
        }
        case Instructions.SPLIT -> {
          push(code[pc + 2], at, 0);
          place = at;
          pc = code[pc + 1];
        }
        case Instructions.JUMP -> {
          place = at;
          pc = code[pc + 1];
        }
        case Instructions.CHOOSE -> {
          int ways = ways(tables.get(code[pc + 1]), at);
          if (ways != 0) {
            place = at;
            pc = choose(pc, at, ways);
          }
        }
        case Instructions.ATOMIC -> {
          place = run(pc + 2, at, -1);
          pc = code[pc + 1];
        }
        case Instructions.END -> {
          if (goal < 0 || at == goal) {
            top = base;
            return at;
          }
        }
        default -> {
          place = holds(pc, at) ? at : -1;
          pc = code[pc + 1];
        }
      }
      while (place < 0) {
        if (top == base) {
          return -1;
        }
        place = resume();
        pc = resumed;
      }
    }
  }

  /** Takes a way from the stack; answers its place in the text, or -1 where it leads nowhere. */
  private int resume() {
    top -= 3;
    int pc = stack[top];
    int place = stack[top + 1];
    int kept = stack[top + 2];
    if (pc >= 0) {
      resumed = pc;
      return place;
    }
    pc = ~pc;
    if (code[pc] == Instructions.CHOOSE) {
      resumed = choose(pc, place, kept);
      return place;
    }
    resumed = pc + 5;
    return code[pc + 4] == GREEDY ? less(pc, place, kept) : more(pc, place, kept);
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

  private int ways(Instructions.Alternatives table, int place) {
    if (place == to) {
      return table.atEnd();
    }
    int c = text.at(place);
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
      int c = text.at(at);
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
    } else if (greed == GREEDY && at > shortest && (mustEnd || code[pc + 5] != Instructions.END)) {
      push(~pc, at, shortest);
    }
    return at;
  }

  /** One character less of a greedy run. */
  private int less(int pc, int place, int shortest) {
    int at = place - Character.charCount(text.before(place));
    if (at > shortest) {
      push(~pc, at, shortest);
    }
    return at;
  }

  /** One character more of a lazy run, or -1. */
  private int more(int pc, int place, int count) {
    if (count == code[pc + 3] || place == to || !sets[code[pc + 1]].contains(text.at(place))) {
      return -1;
    }
    int at = place + Character.charCount(text.at(place));
    push(~pc, at, count + 1);
    return at;
  }

  /** Whether what an instruction says of this place is true. */
  private boolean holds(int pc, int place) {
    return switch (code[pc]) {
      case Instructions.NEAR ->
          (place < to && sets[code[pc + 3]].contains(text.at(place))) == (code[pc + 2] == 0);
      case Instructions.AHEAD -> run(pc + 3, place, -1) >= 0 == (code[pc + 2] == 0);
      case Instructions.BEHIND -> behind(pc, place) == (code[pc + 2] == 0);
      case Instructions.PLACE -> text.is(place, PLACES[code[pc + 2]]);
      default -> throw new IllegalStateException("no instruction " + code[pc]);
    };
  }

  private boolean behind(int pc, int place) {
    int at = place;
    for (int back = 0; back <= code[pc + 4]; back++) {
      if (back >= code[pc + 3] && run(pc + 5, at, place) >= 0) {
        return true;
      }
      if (at == text.from()) {
        return false;
      }
      at -= Character.charCount(text.before(at));
    }
    return false;
  }
}
