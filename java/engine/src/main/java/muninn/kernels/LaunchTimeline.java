package muninn.kernels;

import java.util.List;

/**
 * Has kernels write down when and where each of their blocks ran, by the device's own clock: of a
 * device that was opened for it (docs/profile.md).
 */
public interface LaunchTimeline {
  /**
   * From now on launches have room for their blocks' times, and so have those of graphs that are
   * recorded from now on.
   */
  void begin();

  /** What runs while this is done, in the order of beginning; waits for its end. */
  List<TimedLaunch> during(Runnable work);
}
