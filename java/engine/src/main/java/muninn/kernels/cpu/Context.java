package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;

/**
 * Where a lane finds the keys and values of its context: runs of consecutive positions, each within
 * one page. Where no earlier position stopped thinking sooner than the lane, a run is a page's 16
 * positions; where some did, their runs lie in the pages of the deepest slots they have.
 */
final class Context {
  private MemorySegment[] pages; // by run
  private int[] ends; // by run, the position behind its last
  private int runs;

  /** The context of lane m in a slot, its own position last. */
  Context(CpuSequences sequences, CpuLanes lanes, int m, KvSlot slot, CpuKvCache cache) {
    int sequence = lanes.sequence[m];
    int group = lanes.group[m];
    int count = lanes.position[m] + 1;
    pages = new MemorySegment[KvCache.chunks(count)];
    ends = new int[pages.length];
    int from = 0;
    while (from < count) {
      int end = Math.min(count, (from / KvCache.PAGE + 1) * KvCache.PAGE);
      int read = group;
      if (slot.perGroup() != 0) {
        read = sequences.readable(sequence, from, group);
        end = sequences.agreeing(sequence, from, end, group);
      }
      add(cache.page(sequences.page(sequence, slot.of(read), from / KvCache.PAGE)), end);
      from = end;
    }
  }

  private void add(MemorySegment page, int end) {
    if (runs == pages.length) {
      pages = Arrays.copyOf(pages, 2 * runs);
      ends = Arrays.copyOf(ends, 2 * runs);
    }
    pages[runs] = page;
    ends[runs++] = end;
  }

  int runs() {
    return runs;
  }

  MemorySegment page(int run) {
    return pages[run];
  }

  /** How many runs the first so many positions lie in. */
  int runs(int positions) {
    int last = Arrays.binarySearch(ends, 0, runs, positions);
    return last >= 0 ? last + 1 : -last;
  }

  /** Addresses of the runs' pages. */
  long[] addresses() {
    long[] addresses = new long[runs];
    for (int run = 0; run < runs; run++) {
      addresses[run] = pages[run].address();
    }
    return addresses;
  }

  /** Of each run the position behind its last. */
  int[] ends() {
    return ends;
  }

  /**
   * Moves each position's score from where its run's page has it to its own place, where it is
   * already if runs are pages.
   *
   * @param scores those of run r's page at {@code 16 · r}
   */
  void gather(int runs, float[] scores) {
    for (int run = 0; run < runs; run++) {
      int start = start(run);
      int at = run * KvCache.PAGE + start % KvCache.PAGE;
      if (at != start) {
        System.arraycopy(scores, at, scores, start, end(run) - start);
      }
    }
  }

  /** The first position of a run. */
  int start(int run) {
    return run == 0 ? 0 : ends[run - 1];
  }

  /** The position behind the last of a run. */
  int end(int run) {
    return ends[run];
  }
}
