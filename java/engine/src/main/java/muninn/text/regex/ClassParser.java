package muninn.text.regex;

import java.util.function.IntPredicate;

/**
 * Reads what stands between brackets: characters, ranges, named sets, further brackets (their
 * union), and {@code &&} (the intersection of what stands on its two sides).
 */
final class ClassParser {
  private static final int MOST_DEPTH = 20;

  private final PatternText text;
  private final boolean ignoreCase;

  ClassParser(PatternText text, boolean ignoreCase) {
    this.text = text;
    this.ignoreCase = ignoreCase;
  }

  /** The set after an opening bracket, up to the closing one, which is read. */
  IntPredicate parse() {
    return parse(0);
  }

  private IntPredicate parse(int depth) {
    if (depth == MOST_DEPTH) {
      throw new RegexException("brackets stand in each other more than " + MOST_DEPTH + " deep");
    }
    boolean negative = text.skip("^");
    if (text.peek() == ']') {
      throw new RegexException("a class is empty, or begins with ] without a backslash");
    }
    IntPredicate all = null;
    IntPredicate union = null;
    while (!text.skip("]")) {
      if (text.skip("&&")) {
        all = and(all, union);
        union = null;
      } else {
        IntPredicate item = item(depth);
        union = union == null ? item : union.or(item);
      }
    }
    IntPredicate set = and(all, union);
    return negative ? set.negate() : set;
  }

  private static IntPredicate and(IntPredicate all, IntPredicate union) {
    if (union == null) {
      throw new RegexException("&& has nothing on one side");
    }
    return all == null ? union : all.and(union);
  }

  private IntPredicate item(int depth) {
    if (text.skip("[:")) {
      boolean negative = text.skip("^");
      IntPredicate set = Properties.named(text.until(':'), Properties.WORD);
      if (!text.skip("]")) {
        throw new RegexException("[: stands without :]");
      }
      return folded(negative ? set.negate() : set);
    }
    if (text.skip("[")) {
      return parse(depth + 1);
    }
    int from = text.next();
    if (from == '\\') {
      IntPredicate set = Escape.set(text, Properties.WORD);
      if (set != null) {
        notARange();
        return folded(set);
      }
      from = Escape.character(text);
    }
    int place = text.place();
    if (!text.skip("-") || text.peek() == ']' || text.looksAt("&&")) {
      text.back(place);
      return range(from, from);
    }
    int to = text.next();
    if (to == '[') {
      throw new RegexException("a range ends in a bracket");
    }
    if (to == '\\') {
      to = Escape.character(text);
    }
    if (to < from) {
      throw new RegexException("a range ends before it begins");
    }
    return range(from, to);
  }

  /** Oniguruma takes the hyphen of {@code [\w-x]} for itself; nobody else reads it so. */
  private void notARange() {
    int place = text.place();
    if (text.skip("-") && text.peek() != ']') {
      throw new RegexException("a set stands at the end of a range");
    }
    text.back(place);
  }

  private IntPredicate range(int from, int to) {
    return ignoreCase ? CaseFolding.range(from, to) : c -> c >= from && c <= to;
  }

  private IntPredicate folded(IntPredicate set) {
    return ignoreCase ? CaseFolding.named(set) : set;
  }
}
