package muninn.kernels;

/**
 * Counts what kernels do, launch by launch: a device that emulates a GPU can. One at a time counts.
 */
public interface LaunchCounters {
  /**
   * Counts from the next launch on.
   *
   * @param blocks of each launch that are looked at
   * @param alone whether the other blocks do not even run: quick, but what the device computes
   *     until {@link #end}, and all that depends on it, is not to be used
   */
  void begin(int blocks, boolean alone);

  /** Ends it; a JSON array with an object a launch. */
  String end();
}
