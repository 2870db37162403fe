package muninn.kernels.cpu;

import java.util.Arrays;

/**
 * Lanes as attention passes over their contexts: chains of lanes that follow one another in a
 * sequence, as those of a prompt do, so that the last one's context begins with that of each; of a
 * chain all heads, and of a head groups of lanes that pass over its keys and values together. Such
 * a group and head is a task; the tasks of a head follow one another, which keeps what they read in
 * a cache.
 */
final class Chains {
  private final int together;
  private final int[] firsts; // by chain its first lane, and behind the last where lanes end
  private final int[] tasks; // by chain how many are before its first, and at last all

  private Chains(int[] firsts, int together, int heads) {
    this.firsts = firsts;
    this.together = together;
    tasks = new int[firsts.length];
    for (int chain = 0; chain < firsts.length - 1; chain++) {
      tasks[chain + 1] = tasks[chain] + heads * groups(chain);
    }
  }

  /** Chains of lanes in groups of so many. */
  static Chains of(CpuLanes lanes, int together, int heads) {
    int[] firsts = new int[lanes.size() + 1];
    int chains = 0;
    for (int m = 0; m < lanes.size(); m++) {
      boolean follows =
          together > 1
              && m > 0
              && lanes.sequence[m] == lanes.sequence[m - 1]
              && lanes.group[m] == lanes.group[m - 1]
              && lanes.position[m] > lanes.position[m - 1];
      if (!follows) {
        firsts[chains++] = m;
      }
    }
    firsts[chains] = lanes.size();
    return new Chains(Arrays.copyOf(firsts, chains + 1), together, heads);
  }

  private int groups(int chain) {
    return Math.ceilDiv(firsts[chain + 1] - firsts[chain], together);
  }

  /** Tasks of all chains. */
  int tasks() {
    return tasks[tasks.length - 1];
  }

  /** The chain of a task. */
  int chain(int task) {
    int found = Arrays.binarySearch(tasks, task);
    return found >= 0 ? found : -found - 2;
  }

  /** The last lane of a chain. */
  int last(int chain) {
    return firsts[chain + 1] - 1;
  }

  /** The head of a chain's task. */
  int head(int chain, int task) {
    return (task - tasks[chain]) / groups(chain);
  }

  /** The first lane of a chain's task. */
  int lane(int chain, int task) {
    return firsts[chain] + (task - tasks[chain]) % groups(chain) * together;
  }

  /** How many lanes a chain's task has from this one on. */
  int count(int chain, int lane) {
    return Math.min(together, firsts[chain + 1] - lane);
  }
}
