package muninn.engine;

import java.util.List;

/**
 * How long lanes that have thought enough wait for others, so that one pass of coda and head serves
 * several: the two read about as many weights as a step of the core does, whether for one lane or
 * for many. A lane waits at most an eighth of the steps it took (four ticks after 32 steps, none
 * before eight), and only while another one is expected within that bound and nobody waits for a
 * row. Waiting rows are no work: they are left out of the core's passes.
 */
final class CodaBatching {
  private static final int SHARE = 8;

  private CodaBatching() {}

  /**
   * Whether the lanes that have had enough should wait another tick.
   *
   * @param done lanes that have had enough
   * @param thinking lanes that think on
   */
  static boolean waits(List<Lane> done, List<Lane> thinking) {
    int ticks = Integer.MAX_VALUE;
    for (Lane lane : done) {
      ticks = Math.min(ticks, lane.steps() / SHARE - lane.waited());
    }
    double others = 0;
    for (Lane lane : thinking) {
      others += chance(lane, ticks);
    }
    return ticks > 0 && others >= 1;
  }

  /** How likely a lane leaves within so many ticks. */
  private static double chance(Lane lane, int ticks) {
    if (lane.stepsLeft() <= ticks) {
      return 1;
    }
    return lane.watch == null || lane.hasChosen() ? 0 : (double) ticks / lane.budget;
  }
}
