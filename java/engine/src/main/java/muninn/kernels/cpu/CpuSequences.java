package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import muninn.UserException;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;

/** Parameters, tokens and page tables of the sequences in flight, on the heap. */
final class CpuSequences implements Sequences {
  private static final int NO_PAGE = -1;

  final SequenceParameters[] parameters;
  final int[][] history; // [sequence][position] token ids
  private final int[][] pages; // [sequence][slot · chunks + chunk], allocated with the sequence
  private final int slots;
  private final int chunks;

  CpuSequences(int count, int positions, int slots) {
    parameters = new SequenceParameters[count];
    history = new int[count][positions];
    pages = new int[count][];
    this.slots = slots;
    chunks = KvCache.chunks(positions);
    if ((long) slots * chunks > Integer.MAX_VALUE - 8) {
      throw UserException.of(
          "a page table of %d KV slots for %d positions does not fit the CPU device: lower"
              + " --max-steps",
          slots, positions);
    }
  }

  static CpuSequences of(Sequences sequences) {
    return (CpuSequences) sequences;
  }

  @Override
  public void open(int sequence, SequenceParameters parameters) {
    this.parameters[sequence] = parameters;
    if (pages[sequence] == null) {
      pages[sequence] = new int[slots * chunks];
    }
    Arrays.fill(pages[sequence], NO_PAGE);
  }

  @Override
  public void map(int sequence, int slot, int chunk, int page) {
    pages[sequence][slot * chunks + chunk] = page;
  }

  /** The page that a lane's own key and value go to. */
  MemorySegment page(CpuLanes lanes, int m, KvSlot slot, CpuKvCache cache) {
    int chunk = lanes.position[m] / KvCache.PAGE;
    return cache.page(pages[lanes.sequence[m]][slot.of(lanes.group[m]) * chunks + chunk]);
  }

  /** The pages of a lane's context in this slot, by chunk, its own position's last. */
  MemorySegment[] pages(CpuLanes lanes, int m, KvSlot slot, CpuKvCache cache) {
    int first = slot.of(lanes.group[m]) * chunks;
    MemorySegment[] context = new MemorySegment[lanes.position[m] / KvCache.PAGE + 1];
    for (int chunk = 0; chunk < context.length; chunk++) {
      context[chunk] = cache.page(pages[lanes.sequence[m]][first + chunk]);
    }
    return context;
  }
}
