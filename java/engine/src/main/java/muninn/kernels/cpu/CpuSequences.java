package muninn.kernels.cpu;

import java.util.Arrays;
import muninn.UserException;
import muninn.kernels.KvCache;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;

/** Parameters, tokens, depths and page tables of the sequences in flight, on the heap. */
final class CpuSequences implements Sequences {
  private static final int NO_PAGE = -1;

  final SequenceParameters[] parameters;
  final int[][] history; // [sequence][position] token ids
  // [sequence][position] deepest KV slot group that the position has appended, -1 before the first
  private final int[][] reached;
  private final int[][] pages; // [sequence][slot · chunks + chunk], allocated with the sequence
  private final int positions;
  private final int slots;
  private final int chunks;

  CpuSequences(int count, int positions, int slots) {
    parameters = new SequenceParameters[count];
    history = new int[count][positions];
    reached = new int[count][positions];
    pages = new int[count][];
    this.positions = positions;
    this.slots = slots;
    chunks = KvCache.chunks(positions);
    if ((long) slots * chunks > Integer.MAX_VALUE - 8) {
      throw UserException.of(
          "a page table of %d KV slots for %d positions does not fit the CPU device: lower"
              + " max_steps",
          slots, positions);
    }
  }

  static CpuSequences of(Sequences sequences) {
    return (CpuSequences) sequences;
  }

  @Override
  public int positions() {
    return positions;
  }

  @Override
  public void open(int sequence, SequenceParameters parameters) {
    this.parameters[sequence] = parameters;
    if (pages[sequence] == null) {
      pages[sequence] = new int[slots * chunks];
    }
    Arrays.fill(pages[sequence], NO_PAGE);
    Arrays.fill(reached[sequence], -1);
  }

  @Override
  public void restore(int sequence, int from, int[] tokens, int group) {
    System.arraycopy(tokens, 0, history[sequence], from, tokens.length);
    Arrays.fill(reached[sequence], from, from + tokens.length, group);
  }

  @Override
  public void map(int sequence, int slot, int chunk, int page) {
    pages[sequence][slot * chunks + chunk] = page;
  }

  /** A position gets this token and has appended nothing yet. */
  void begin(int sequence, int position, int token) {
    history[sequence][position] = token;
    reached[sequence][position] = -1;
  }

  /** A position appends keys and values of this slot group. */
  void reach(int sequence, int position, int group) {
    reached[sequence][position] = Math.max(reached[sequence][position], group);
  }

  /** The slot group that a lane at {@code group} reads of a position: the deepest there is. */
  int readable(int sequence, int position, int group) {
    return Math.min(group, reached[sequence][position]);
  }

  /** The end of the positions from one on, before a limit, that a lane reads the same group of. */
  int agreeing(int sequence, int from, int limit, int group) {
    int[] deepest = reached[sequence];
    int same = Math.min(group, deepest[from]);
    int end = from + 1;
    while (end < limit && Math.min(group, deepest[end]) == same) {
      end++;
    }
    return end;
  }

  /** The page of positions {@code chunk · PAGE …} in a slot. */
  int page(int sequence, int slot, int chunk) {
    return pages[sequence][slot * chunks + chunk];
  }
}
