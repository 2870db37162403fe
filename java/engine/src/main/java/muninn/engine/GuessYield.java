package muninn.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * What share of the steps of lanes that were opened on guesses was of use, by how many lanes were
 * ahead of them. Where little was seen it is as it is in general, and at most as one lane nearer;
 * where nothing was, nine steps in ten. What was long ago is forgotten.
 */
final class GuessYield {
  private static final double PRIOR = 0.9;
  private static final double WEIGHT = 64; // steps of what is taken to be before it is seen
  private static final double FORGET = 0.97; // at each lane whose fate is known

  private final GuessYield general; // null where this is what is so in general
  private final List<double[]> byPlace = new ArrayList<>(); // lanes ahead − 1 → useful, all
  private long kept;

  /**
   * @param general what is so of all sequences; null for that itself
   */
  GuessYield(GuessYield general) {
    this.general = general;
  }

  /** Lanes that were of use, of all sequences. */
  long kept() {
    return general == null ? kept : general.kept;
  }

  /** A lane was opened on the right guess. */
  void useful(int ahead, int steps) {
    kept++;
    count(ahead, steps, steps);
    if (general != null) {
      general.useful(ahead, steps);
    }
  }

  /** A lane was opened on a wrong guess, or behind one. */
  void lost(int ahead, int steps) {
    count(ahead, 0, steps);
    if (general != null) {
      general.lost(ahead, steps);
    }
  }

  private void count(int ahead, int useful, int all) {
    while (byPlace.size() < ahead) {
      byPlace.add(new double[2]);
    }
    for (double[] place : byPlace) {
      place[0] *= FORGET;
      place[1] *= FORGET;
    }
    byPlace.get(ahead - 1)[0] += useful;
    byPlace.get(ahead - 1)[1] += all;
  }

  /** The useful shares of the steps of lanes with 0, 1, 2 … others ahead; 1 where none is. */
  double[] shares(int count) {
    double[] shares = general == null ? new double[count] : general.shares(count);
    for (int ahead = 0; ahead < count; ahead++) {
      double before = ahead == 0 ? 1 : ahead == 1 ? PRIOR : shares[ahead - 1];
      if (general != null) {
        before = Math.min(before, shares[ahead]);
      }
      boolean unseen = ahead == 0 || byPlace.size() < ahead;
      shares[ahead] = unseen ? before : share(byPlace.get(ahead - 1), before);
    }
    return shares;
  }

  private static double share(double[] seen, double before) {
    return (seen[0] + WEIGHT * before) / (seen[1] + WEIGHT);
  }
}
