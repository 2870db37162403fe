package muninn.text.regex;

import java.util.function.IntPredicate;

/** A set of code points that answers at once for ASCII, and asks its definition for the rest. */
final class CharSet {
  private final long low;
  private final long high;
  private final IntPredicate members;
  private final int only;

  private CharSet(IntPredicate members, int only) {
    this.members = members;
    this.only = only;
    low = bits(members, 0);
    high = bits(members, 64);
  }

  static CharSet of(IntPredicate members) {
    return new CharSet(members, -1);
  }

  static CharSet of(int codePoint) {
    return new CharSet(c -> c == codePoint, codePoint);
  }

  private static long bits(IntPredicate members, int from) {
    long bits = 0;
    for (int i = 0; i < 64; i++) {
      if (members.test(from + i)) {
        bits |= 1L << i;
      }
    }
    return bits;
  }

  boolean contains(int codePoint) {
    return codePoint < 128
        ? ((codePoint < 64 ? low : high) >>> codePoint & 1) != 0
        : members.test(codePoint);
  }

  IntPredicate members() {
    return members;
  }

  /** The one member of a set that was made of it, otherwise -1. */
  int only() {
    return only;
  }

  /** Whether all members are known to be ASCII. */
  boolean isAscii() {
    return only >= 0 && only < 128;
  }
}
