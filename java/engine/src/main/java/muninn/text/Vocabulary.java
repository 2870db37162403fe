package muninn.text;

import java.util.Arrays;

/** The pieces of a model: from text to id and back. */
final class Vocabulary {
  private final Hash hash = new Hash();
  private String[] pieces = new String[64];
  private int[] table = filled(256);

  /** The hashes of the pieces in the table: other pieces are not looked at. */
  private int[] hashes = new int[256];

  private int size;

  private static int[] filled(int size) {
    int[] table = new int[size];
    Arrays.fill(table, -1);
    return table;
  }

  /** Adds a piece. Neither it nor its id may be there. */
  void add(String piece, int id) {
    if (id >= pieces.length) {
      pieces = Arrays.copyOf(pieces, Math.max(id + 1, 2 * pieces.length));
    }
    pieces[id] = piece;
    if (2 * ++size > table.length) {
      table = filled(2 * table.length);
      hashes = new int[table.length];
      for (int other = 0; other < pieces.length; other++) {
        if (pieces[other] != null) {
          enter(other);
        }
      }
    } else {
      enter(id);
    }
  }

  private void enter(int id) {
    char[] text = pieces[id].toCharArray();
    int code = hash.of(text, 0, text.length);
    int at = code & table.length - 1;
    while (table[at] >= 0) {
      at = at + 1 & table.length - 1;
    }
    table[at] = id;
    hashes[at] = code;
  }

  int size() {
    return size;
  }

  /** One more than the largest id may be. */
  int bound() {
    return pieces.length;
  }

  /** The piece of an id, or null. */
  String piece(int id) {
    return id >= 0 && id < pieces.length ? pieces[id] : null;
  }

  /** The id of a piece, or -1. */
  int id(String piece) {
    return id(piece.toCharArray(), 0, piece.length());
  }

  /** The id of the piece that these characters are, or -1. */
  int id(char[] text, int from, int to) {
    int code = hash.of(text, from, to);
    int at = code & table.length - 1;
    while (table[at] >= 0) {
      if (hashes[at] == code && equal(pieces[table[at]], text, from, to)) {
        return table[at];
      }
      at = at + 1 & table.length - 1;
    }
    return -1;
  }

  private static boolean equal(String piece, char[] text, int from, int to) {
    if (piece.length() != to - from) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (piece.charAt(i - from) != text[i]) {
        return false;
      }
    }
    return true;
  }
}
