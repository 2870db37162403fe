package muninn.model;

import java.util.Collections;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import muninn.kernels.Format;
import muninn.kernels.Format.Coded;

/**
 * What a {@link Conversion} has written.
 *
 * @param bytes of the weights
 * @param recoded formats that matrices were coded in before they were made into another one: they
 *     keep what was lost then
 */
public record Converted(long bytes, SortedSet<String> recoded) {

  /**
   * @param stored where the weights were read from
   * @param formats what tensors were made into, by name
   */
  static Converted of(long bytes, StoredWeights stored, Map<String, Format> formats) {
    SortedSet<String> recoded = new TreeSet<>();
    formats.forEach(
        (name, format) -> {
          if (stored.formatOf(name) instanceof Coded before && !before.equals(format)) {
            recoded.add(before.label());
          }
        });
    return new Converted(bytes, Collections.unmodifiableSortedSet(recoded));
  }
}
