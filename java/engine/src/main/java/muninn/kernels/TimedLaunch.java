package muninn.kernels;

import java.util.List;

/**
 * When and where the blocks of a launch ran.
 *
 * @param operation that it was for; empty where it was for none
 * @param early whether it might begin before the launch before it had ended
 * @param blocks in the order of their numbers
 */
public record TimedLaunch(String operation, String kernel, boolean early, List<Block> blocks) {

  public TimedLaunch {
    blocks = List.copyOf(blocks);
  }

  /**
   * Times are nanoseconds of a clock that all multiprocessors share.
   *
   * @param multiprocessor from 0 on
   * @param begun when its first thread began
   * @param released when this one had waited for the launch before
   * @param ended when its last warp ended
   */
  public record Block(int multiprocessor, long begun, long released, long ended) {}

  /** When the first of its blocks began. */
  public long begun() {
    return blocks.stream().mapToLong(Block::begun).min().orElseThrow();
  }

  /** When the last of its blocks ended. */
  public long ended() {
    return blocks.stream().mapToLong(Block::ended).max().orElseThrow();
  }
}
