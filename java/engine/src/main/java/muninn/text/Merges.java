package muninn.text;

import java.util.Arrays;

/** Which two neighbouring tokens become one, and which first. */
final class Merges {
  private final LongMap ranks;
  private int[] tokens;
  private int size;

  /** An empty table with room for some merges. */
  Merges(int expected) {
    ranks = new LongMap(expected);
    tokens = new int[Math.max(expected, 16)];
  }

  /** Adds the next merge. Of two for the same pair the later counts. */
  void add(int left, int right, int token) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * size);
    }
    ranks.put(pair(left, right), size);
    tokens[size++] = token;
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }

  /** The place of a pair among the merges, the lowest to be merged first; -1 for none. */
  int rank(int left, int right) {
    return ranks.get(pair(left, right));
  }

  /** What a merge makes of its pair. */
  int token(int rank) {
    return tokens[rank];
  }
}
