package muninn.lab.expect;

import java.util.EnumMap;
import java.util.Map;

/**
 * What a piece of work is expected to take.
 *
 * @param seconds from its beginning to its end
 * @param parts seconds that each resource alone would be busy with it; they overlap, but for {@link
 *     Bound#TAIL}
 */
public record Expected(double seconds, Map<Bound, Double> parts) {
  static final Expected NOTHING = new Expected(0, Map.of());

  /** One after the other. */
  public Expected then(Expected next) {
    Map<Bound, Double> sum = new EnumMap<>(Bound.class);
    sum.putAll(parts);
    next.parts.forEach((bound, busy) -> sum.merge(bound, busy, Double::sum));
    return new Expected(seconds + next.seconds, sum);
  }

  /** The resource that is busy longest. */
  public Bound binds() {
    return parts.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElse(Bound.TAIL);
  }
}
