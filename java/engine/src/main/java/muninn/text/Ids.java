package muninn.text;

import java.util.Arrays;

/** A list of token ids that grows. */
final class Ids {
  private int[] ids = new int[16];
  private int size;

  void add(int id) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, 2 * size);
    }
    ids[size++] = id;
  }

  void addAll(int[] more) {
    for (int id : more) {
      add(id);
    }
  }

  /** The ids from a place on. */
  int[] from(int place) {
    return Arrays.copyOfRange(ids, place, size);
  }
}
