package muninn.kernels;

/**
 * Which KV slot a block uses: {@code first + perGroup · group(lane)}. Prelude and coda blocks have
 * {@code perGroup = 0}; core block c of C uses {@code P + Q + c + C · group}, so deeper steps need
 * only a longer page table.
 */
public record KvSlot(int first, int perGroup) {
  /** The slot of a lane in this group. */
  public int of(int group) {
    return first + perGroup * group;
  }
}
