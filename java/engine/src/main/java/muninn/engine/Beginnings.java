package muninn.engine;

import java.util.LinkedHashMap;
import java.util.Optional;
import muninn.kernels.KvCache;

/**
 * Where prompts were thought about that began alike, so that a request goes where it may find their
 * keys and values. It remembers only that, by a hash of each beginning of whole pages: whether they
 * are still there the place knows, and a wrong guess costs nothing but time.
 *
 * @param <P> a place
 */
final class Beginnings<P> {
  private static final int MOST = 1 << 16;

  private final LinkedHashMap<Long, P> places = new LinkedHashMap<>(); // the latest last

  /** A prompt is thought about there. */
  void went(PrefixKey key, int[] prompt, P place) {
    for (long beginning : beginnings(key, prompt)) {
      places.putLast(beginning, place);
    }
    while (places.size() > MOST) {
      places.pollFirstEntry();
    }
  }

  /** Where the longest beginning of a prompt was last thought about. */
  Optional<P> place(PrefixKey key, int[] prompt) {
    long[] beginnings = beginnings(key, prompt);
    for (int i = beginnings.length - 1; i >= 0; i--) {
      P place = places.get(beginnings[i]);
      if (place != null) {
        return Optional.of(place);
      }
    }
    return Optional.empty();
  }

  /** A hash of each beginning of whole pages, the shortest first. */
  private static long[] beginnings(PrefixKey key, int[] prompt) {
    long[] hashes = new long[prompt.length / KvCache.PAGE];
    long hash = key.hashCode();
    for (int i = 0; i < hashes.length * KvCache.PAGE; i++) {
      hash = (hash ^ prompt[i]) * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 32;
      hashes[i / KvCache.PAGE] = hash;
    }
    return hashes;
  }
}
