package muninn.engine;

/**
 * How many lanes share a pass of the coda. Sequences that began together ask and leave together,
 * and each pass serves them all; others come one by one. Which it is, is seen in passes that were.
 */
final class CodaSharing {
  private static final double NEWEST = 1 / 64.0; // weight of the newest tick

  private double sequences;
  private double spoken;
  private double passes;

  /**
   * A tick.
   *
   * @param running sequences in work
   * @param speaking lanes of theirs whose prediction was wanted
   */
  void ticked(int running, int speaking) {
    sequences += NEWEST * (running - sequences);
    spoken += NEWEST * (speaking - spoken);
    passes += NEWEST * ((speaking > 0 ? 1 : 0) - passes);
  }

  /**
   * In what share of ticks the coda is passed.
   *
   * @param wanted lanes that want it in a tick, in the mean
   * @param running sequences that they belong to
   */
  double passes(double wanted, double running) {
    double alone = Math.max(1, wanted);
    return Math.min(1, wanted / (alone + together() * Math.max(0, running - alone)));
  }

  /** 1 where sequences speak together, 0 where they meet by chance. */
  private double together() {
    double alone = Math.max(1, spoken);
    double most = sequences - alone;
    return passes == 0 || most < 1 / 2.0 ? 0 : Math.clamp((spoken / passes - alone) / most, 0, 1);
  }
}
