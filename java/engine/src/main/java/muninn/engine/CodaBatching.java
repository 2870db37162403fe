package muninn.engine;

import java.util.List;

/**
 * How long lanes that have thought enough wait for others, so that one pass of coda and head, and
 * one of the prelude for what follows them, serves several: these read weights whether for one lane
 * or for many. A lane that waits does nothing meanwhile, and of the time of a tick that is its part
 * of the lanes in work. So they wait until what waiting has cost comes to what a pass costs, as
 * stock is ordered when what it costs to hold it comes to the price of an order: with passes as
 * dear as a step of the core, and {@code w} lanes in work of 32 steps each, that is when {@code
 * w/4} of them want to pass. But none waits longer than a quarter of the steps it took, nor without
 * another to be expected, nor while somebody waits for a row.
 */
final class CodaBatching {
  private static final int SHARE = 4;
  private static final double NEWEST = 1 / 64.0; // weight of the newest lane that left

  private final double price;
  private double exitSteps; // that lanes with an exit rule take in the mean; 0 where none left yet

  /**
   * @param price of a pass of coda and head, and of the prelude behind it, in steps of the core
   */
  CodaBatching(double price) {
    this.price = price;
  }

  /** These lanes leave. */
  void left(List<Lane> lanes) {
    for (Lane lane : lanes) {
      if (lane.watch != null) {
        exitSteps += exitSteps == 0 ? lane.steps() : NEWEST * (lane.steps() - exitSteps);
      }
    }
  }

  /**
   * Whether the lanes that have had enough should wait another tick.
   *
   * @param done lanes that have had enough, to be asked for a token
   * @param thinking lanes that think on
   */
  boolean waits(List<Lane> done, List<Lane> thinking) {
    if (done.isEmpty()) {
      return false;
    }
    double left = price * (done.size() + thinking.size()); // lanes' ticks that may yet be waited
    int ticks = Integer.MAX_VALUE;
    for (Lane lane : done) {
      left -= lane.waited();
      ticks = Math.min(ticks, lane.steps() / SHARE - lane.waited());
    }
    ticks = (int) Math.min(ticks, left / done.size());
    double others = 0;
    for (Lane lane : thinking) {
      others += chance(lane, ticks);
    }
    return ticks > 0 && others >= 1;
  }

  /** How likely a lane leaves within so many ticks. */
  private double chance(Lane lane, int ticks) {
    if (lane.stepsLeft() <= ticks) {
      return 1;
    }
    double usual = exitSteps == 0 ? lane.budget : exitSteps;
    return lane.watch == null || lane.hasChosen() ? 0 : Math.min(1, ticks / usual);
  }
}
