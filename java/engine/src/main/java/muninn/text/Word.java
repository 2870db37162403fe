package muninn.text;

import java.util.Arrays;

/**
 * The tokens of one word while its neighbours are merged: always the pair of the lowest rank, of
 * equal ones the leftmost. Short words are searched for it; long ones keep their pairs in a heap,
 * so that n characters take n log n steps. Not thread-safe.
 */
final class Word {
  private static final int SHORT = 48;

  private final Merges merges;
  private int[] tokens = new int[64];
  private int[] ranks = new int[64];
  private int size;

  Word(Merges merges) {
    this.merges = merges;
  }

  void clear() {
    size = 0;
  }

  void add(int token) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * size);
    }
    tokens[size++] = token;
  }

  /** Merges until nothing can be merged; answers what is left. */
  int[] merge() {
    if (size <= SHORT) {
      mergeShort();
    } else {
      new LongWord(merges, tokens, size).merge();
      int left = 0;
      for (int i = 0; i < size; i++) {
        if (tokens[i] >= 0) {
          tokens[left++] = tokens[i];
        }
      }
      size = left;
    }
    return Arrays.copyOf(tokens, size);
  }

  private void mergeShort() {
    for (int i = 0; i + 1 < size; i++) {
      ranks[i] = merges.rank(tokens[i], tokens[i + 1]);
    }
    while (true) {
      int best = -1;
      for (int i = 0; i + 1 < size; i++) {
        if (ranks[i] >= 0 && (best < 0 || ranks[i] < ranks[best])) {
          best = i;
        }
      }
      if (best < 0) {
        return;
      }
      tokens[best] = merges.token(ranks[best]);
      int behind = size - best - 2;
      System.arraycopy(tokens, best + 2, tokens, best + 1, behind);
      System.arraycopy(ranks, best + 2, ranks, best + 1, Math.max(behind - 1, 0));
      size--;
      if (best > 0) {
        ranks[best - 1] = merges.rank(tokens[best - 1], tokens[best]);
      }
      if (best + 1 < size) {
        ranks[best] = merges.rank(tokens[best], tokens[best + 1]);
      }
    }
  }
}
