package muninn.text;

import java.util.Arrays;

/**
 * Remembers the tokens of pieces seen before: most words of a text are. Each piece has one place,
 * where the next one with that place pushes it out. Threads share it without a lock: an entry never
 * changes, and which of two was written last makes no difference.
 */
final class PieceCache {
  /** Longer pieces hardly ever come again. */
  static final int MOST_CHARACTERS = 48;

  private static final int SIZE = 1 << 14;

  private final Hash hash = new Hash();
  private final Entry[] entries = new Entry[SIZE];

  private record Entry(char[] piece, int[] tokens) {
    boolean isOf(char[] text, int from, int to) {
      return Arrays.equals(piece, 0, piece.length, text, from, to);
    }
  }

  /** The tokens of a piece, or null where they are not known. */
  int[] get(char[] text, int from, int to) {
    Entry entry = entries[hash.of(text, from, to) & SIZE - 1];
    return entry != null && entry.isOf(text, from, to) ? entry.tokens : null;
  }

  void put(char[] text, int from, int to, int[] tokens) {
    char[] piece = Arrays.copyOfRange(text, from, to);
    entries[hash.of(text, from, to) & SIZE - 1] = new Entry(piece, tokens);
  }
}
