package muninn.text;

import java.util.Arrays;

/**
 * Merges the tokens of a long word. The tokens are a linked list; what may be merged waits in a
 * heap, by rank and then by place. An entry whose tokens have changed since is passed over.
 */
final class LongWord {
  /** In the place of a token that was merged into the one before it. */
  private static final int GONE = -1;

  private final Merges merges;
  private final int[] tokens;
  private final int[] before;
  private final int[] after;
  private final int size;

  // The heap: rank and place in one number, the smallest on top, each with four below it.
  private long[] heap;
  private int waiting;

  /** Merges in place, among the first tokens of an array. */
  LongWord(Merges merges, int[] tokens, int size) {
    this.merges = merges;
    this.tokens = tokens;
    this.size = size;
    before = new int[size];
    after = new int[size];
    heap = new long[size];
    for (int i = 0; i < size; i++) {
      before[i] = i - 1;
      after[i] = i + 1;
    }
  }

  /** Afterwards the array holds -1 where a token was merged into the one before it. */
  void merge() {
    for (int i = 0; i + 1 < size; i++) {
      int rank = merges.rank(tokens[i], tokens[i + 1]);
      if (rank >= 0) {
        heap[waiting++] = entry(rank, i);
      }
    }
    for (int i = waiting / 4; i >= 0 && waiting > 0; i--) {
      sink(i, heap[i]);
    }
    while (waiting > 0) {
      long entry = pop();
      int place = (int) entry;
      int rank = (int) (entry >>> 32);
      int right = after[place];
      if (tokens[place] != GONE
          && right < size
          && merges.rank(tokens[place], tokens[right]) == rank) {
        join(place, right, merges.token(rank));
      }
    }
  }

  private static long entry(int rank, int place) {
    return (long) rank << 32 | place;
  }

  private void join(int left, int right, int token) {
    tokens[left] = token;
    tokens[right] = GONE;
    int next = after[right];
    after[left] = next;
    if (next < size) {
      before[next] = left;
      offer(left, next);
    }
    if (before[left] >= 0) {
      offer(before[left], left);
    }
  }

  private void offer(int left, int right) {
    int rank = merges.rank(tokens[left], tokens[right]);
    if (rank < 0) {
      return;
    }
    if (waiting == heap.length) {
      heap = Arrays.copyOf(heap, waiting + (waiting >> 1) + 1);
    }
    long entry = entry(rank, left);
    int at = waiting++;
    while (at > 0 && entry < heap[(at - 1) / 4]) {
      heap[at] = heap[(at - 1) / 4];
      at = (at - 1) / 4;
    }
    heap[at] = entry;
  }

  private long pop() {
    long top = heap[0];
    long last = heap[--waiting];
    if (waiting > 0) {
      sink(0, last);
    }
    return top;
  }

  /** Puts an entry in place of the one here, or below. */
  private void sink(int at, long entry) {
    while (4 * at + 1 < waiting) {
      int child = 4 * at + 1;
      int end = Math.min(child + 4, waiting);
      for (int other = child + 1; other < end; other++) {
        if (heap[other] < heap[child]) {
          child = other;
        }
      }
      if (heap[child] >= entry) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = entry;
  }
}
