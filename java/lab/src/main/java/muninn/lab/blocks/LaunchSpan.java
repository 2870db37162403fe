package muninn.lab.blocks;

import java.util.ArrayList;
import java.util.List;
import java.util.LongSummaryStatistics;
import muninn.kernels.TimedLaunch;

/**
 * A launch among those of a step. Times are nanoseconds, from the step's first block on.
 *
 * @param lanes of the step
 * @param number in the order of beginning, from 1 on
 * @param operation that it was for
 * @param early whether it might begin before the launch before it had ended
 * @param multiprocessors that had a block of it
 * @param begin of its first block
 * @param ready when the first block had waited for the launch before
 * @param end of its last block
 * @param gap from the end of all launches before to its first block; 0 where it overlaps
 * @param overlap from its first block to the end of all launches before; 0 where there is a gap
 * @param meanBlock of a block from the wait for the launch before to its end
 * @param longestBlock the same of the longest
 */
public record LaunchSpan(
    int lanes,
    int number,
    String operation,
    String kernel,
    boolean early,
    int blocks,
    int multiprocessors,
    long begin,
    long ready,
    long end,
    long gap,
    long overlap,
    double meanBlock,
    long longestBlock) {

  /** How much longer the longest block takes than all do on average. */
  public double imbalance() {
    return meanBlock == 0 ? 1 : longestBlock / meanBlock;
  }

  /**
   * Of a step.
   *
   * @param launches in the order of beginning
   */
  public static List<LaunchSpan> of(int lanes, List<TimedLaunch> launches) {
    List<LaunchSpan> spans = new ArrayList<>();
    long origin = launches.isEmpty() ? 0 : launches.getFirst().begun();
    long before = origin;
    for (TimedLaunch launch : launches) {
      LongSummaryStatistics work =
          launch.blocks().stream().mapToLong(b -> b.ended() - b.released()).summaryStatistics();
      long begun = launch.begun();
      spans.add(
          new LaunchSpan(
              lanes,
              spans.size() + 1,
              launch.operation(),
              launch.kernel(),
              launch.early(),
              launch.blocks().size(),
              (int)
                  launch.blocks().stream()
                      .map(TimedLaunch.Block::multiprocessor)
                      .distinct()
                      .count(),
              begun - origin,
              launch.blocks().stream().mapToLong(TimedLaunch.Block::released).min().orElseThrow()
                  - origin,
              launch.ended() - origin,
              Math.max(0, begun - before),
              Math.max(0, before - begun),
              work.getAverage(),
              work.getMax()));
      before = Math.max(before, launch.ended());
    }
    return List.copyOf(spans);
  }
}
