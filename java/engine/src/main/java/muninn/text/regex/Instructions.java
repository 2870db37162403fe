package muninn.text.regex;

import java.util.List;

/**
 * A pattern as instructions for {@link Matcher}: a number for what to do, and its operands behind
 * it.
 *
 * @param code instructions, the first to run first
 * @param sets what {@link #ONE}, {@link #RUN} and {@link #NEAR} refer to
 * @param tables what {@link #CHOOSE} refers to
 * @param first what a match may begin with; null where it may be empty
 */
record Instructions(int[] code, List<CharSet> sets, List<Alternatives> tables, CharSet first) {
  /** One character of a set. Operand: set. */
  static final int ONE = 0;

  /** One character. Operand: its code point. */
  static final int LITERAL = 1;

  /** Characters of a set, one after another. Operands: set, fewest, most, greed. */
  static final int RUN = 2;

  /** Two ways to go on, the first preferred. Operands: both places. */
  static final int SPLIT = 3;

  /** Operand: where to go on. */
  static final int JUMP = 4;

  /** Several ways to go on, by the next character. Operand: table. */
  static final int CHOOSE = 5;

  /** What follows up to {@link #END}, once and for all. Operand: where to go on. */
  static final int ATOMIC = 6;

  /** The end of the pattern, or of a part that is matched by itself. */
  static final int END = 7;

  // Four instructions that say what must hold at a place; their first operand is where to go on.

  /** Looks ahead for what follows up to {@link #END}. Second operand: negative. */
  static final int AHEAD = 8;

  /** Looks behind likewise. Further operands: negative, fewest and most characters. */
  static final int BEHIND = 9;

  /** Whether the next character is of a set. Further operands: negative, set. */
  static final int NEAR = 10;

  /** Whether this is a place between two characters. Second operand: its ordinal. */
  static final int PLACE = 11;

  /** The alternatives of a choice, a bit for each: which may match before which character. */
  record Alternatives(int[] places, int[] ascii, int beyond, int atEnd) {
    static final int MOST = 32;
  }
}
