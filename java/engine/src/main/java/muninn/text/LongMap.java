package muninn.text;

import java.util.Arrays;

/** A table from numbers that are not negative to such numbers, without an object for each. */
final class LongMap {
  private static final long FREE = -1;

  private final Hash hash = new Hash();
  private long[] keys;
  private int[] values;
  private int size;

  /** An empty table with room for some entries; it grows for more. */
  LongMap(int entries) {
    clear(Integer.highestOneBit(Math.max(entries, 8)) << 2);
  }

  private void clear(int length) {
    keys = new long[length];
    values = new int[length];
    size = 0;
    Arrays.fill(keys, FREE);
  }

  /** The value of a key, or -1. */
  int get(long key) {
    int at = place(key);
    return keys[at] == FREE ? -1 : values[at];
  }

  void put(long key, int value) {
    int at = place(key);
    if (keys[at] == FREE && 2 * ++size > keys.length) {
      grow();
      at = place(key);
    }
    keys[at] = key;
    values[at] = value;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldValues = values;
    clear(2 * keys.length);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != FREE) {
        put(oldKeys[i], oldValues[i]);
      }
    }
    size++;
  }

  private int place(long key) {
    int at = hash.of(key) & keys.length - 1;
    while (keys[at] != FREE && keys[at] != key) {
      at = at + 1 & keys.length - 1;
    }
    return at;
  }
}
