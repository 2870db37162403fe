package muninn.text;

/**
 * Knows between which two characters no merge ever reaches, such as a letter and a following ▁ of
 * SentencePiece: there a long text can be cut without changing its tokens. A set of pairs of
 * characters that grows hazy and never wrong: a pair it does not hold is one no merge joins.
 */
final class Seams {
  private static final int BITS = 1 << 20;

  private final long[] joined = new long[BITS / Long.SIZE];

  /** Takes note of a merge. */
  void join(String left, String right) {
    int bit = bit(left.charAt(left.length() - 1), right.charAt(0));
    joined[bit >> 6] |= 1L << bit;
  }

  /** Whether a merge may reach over the place between these two. */
  boolean mayJoin(char left, char right) {
    int bit = bit(left, right);
    return (joined[bit >> 6] >>> bit & 1) != 0;
  }

  private static int bit(char left, char right) {
    return (left * 0x9e3b + right * 0x85eb) & BITS - 1;
  }
}
