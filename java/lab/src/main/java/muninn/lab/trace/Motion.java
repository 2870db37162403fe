package muninn.lab.trace;

import java.util.OptionalInt;

/**
 * How a latent moves once it has had time: in the second half of its steps.
 *
 * @param kind what that amounts to
 * @param reach how far it still goes: the largest distance from its end, over its end's length
 * @param straightness the way from the half's first to its last state, over the length of the path
 *     between: 1 for a straight line
 * @param period the number of steps after which it comes back, where it does
 */
public record Motion(Kind kind, double reach, double straightness, OptionalInt period) {
  private static final int LEAST_STEPS = 8;
  private static final double STILL = 0.01;
  private static final double SLOWED = 0.5;
  private static final double STRAIGHT = 0.5;
  private static final double BACK = 0.5;

  /** What Geiping et al. 2025 saw in Huginn. */
  public enum Kind {
    /** It stays within a hundredth of its length. */
    FIXED_POINT("fixed point"),
    /** It slows down: the last quarter's path is less than half of the one before. */
    SETTLING("settling"),
    /** After a period it is back, within half of the farthest that it goes between. */
    ORBIT("orbit"),
    /** It goes on, half of its path or more in one direction. */
    SLIDER("slider"),
    /** Nothing of these. */
    UNSETTLED("unsettled"),
    /** Fewer than eight steps tell nothing. */
    TOO_SHORT("too short");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** Whether it still goes somewhere. */
    boolean goesOn() {
      return this == ORBIT || this == SLIDER || this == UNSETTLED;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  /** Of the latents of all steps, the initial one first. */
  static Motion of(float[][] states) {
    int last = states.length - 1;
    int half = last / 2;
    double reach = 0;
    for (int j = half; j <= last; j++) {
      reach = Math.max(reach, Vectors.distance(states[j], states[last]));
    }
    reach /= Vectors.norm(states[last]);
    if (last < LEAST_STEPS) {
      return new Motion(Kind.TOO_SHORT, reach, Double.NaN, OptionalInt.empty());
    }
    int quarter = half + (last - half) / 2;
    double before = path(states, half, quarter) / (quarter - half);
    double after = path(states, quarter, last) / (last - quarter);
    double path = path(states, half, last);
    double straightness = path == 0 ? 0 : Vectors.distance(states[half], states[last]) / path;
    if (reach < STILL) {
      return new Motion(Kind.FIXED_POINT, reach, straightness, OptionalInt.empty());
    }
    if (after < SLOWED * before) {
      return new Motion(Kind.SETTLING, reach, straightness, OptionalInt.empty());
    }
    OptionalInt period = period(states, half);
    Kind kind =
        period.isPresent() ? Kind.ORBIT : straightness > STRAIGHT ? Kind.SLIDER : Kind.UNSETTLED;
    return new Motion(kind, reach, straightness, period);
  }

  private static double path(float[][] states, int from, int to) {
    double path = 0;
    for (int j = from + 1; j <= to; j++) {
      path += Vectors.distance(states[j], states[j - 1]);
    }
    return path;
  }

  /** The lag at which states come back best, if they first go away and then do come back. */
  private static OptionalInt period(float[][] states, int half) {
    int last = states.length - 1;
    double farthest = 0;
    double nearest = Double.POSITIVE_INFINITY;
    int best = 0;
    for (int lag = 1; lag <= (last - half) / 2; lag++) {
      double sum = 0;
      for (int j = half + lag; j <= last; j++) {
        sum += Vectors.distance(states[j], states[j - lag]);
      }
      double mean = sum / (last - half - lag + 1);
      farthest = Math.max(farthest, mean);
      if (lag > 1 && mean < BACK * farthest && mean < nearest) {
        nearest = mean;
        best = lag;
      }
    }
    return best == 0 ? OptionalInt.empty() : OptionalInt.of(best);
  }
}
