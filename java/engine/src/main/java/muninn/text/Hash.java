package muninn.text;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Hashes of characters and numbers, other ones in each table: no file can be made in advance whose
 * entries all meet in one place.
 */
final class Hash {
  private final int seed = ThreadLocalRandom.current().nextInt();

  int of(char[] text, int from, int to) {
    int hash = seed;
    for (int i = from; i < to; i++) {
      hash = (hash ^ text[i]) * 0x9e3779b1;
      hash ^= hash >>> 15;
    }
    hash *= 0x85ebca6b;
    hash = (hash ^ hash >>> 13) * 0xc2b2ae35;
    return hash ^ hash >>> 16;
  }

  int of(long number) {
    long hash = (number ^ seed) * 0x9e3779b97f4a7c15L;
    hash = (hash ^ hash >>> 32) * 0xd6e8feb86659fd93L;
    return (int) (hash ^ hash >>> 32);
  }
}
