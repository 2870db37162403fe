package muninn.kernels;

/**
 * Device-resident memory of the sequences in flight: parameters, the tokens so far ({@link
 * Op.Embed} records them), and the page table {@code [sequence, slot, position / PAGE] → page}.
 * Changes take effect with the next operation enqueued.
 */
public interface Sequences {
  /** Most tokens of one. */
  int positions();

  /** Starts a sequence: its tokens and pages of before are forgotten. */
  void open(int sequence, SequenceParameters parameters);

  /**
   * Positions that others have thought about: from this one on they have these tokens, and their
   * keys, in pages that are mapped, reach to this slot group.
   */
  void restore(int sequence, int from, int[] tokens, int group);

  /** Says that positions {@code chunk · PAGE …} of this slot live in this page. */
  void map(int sequence, int slot, int chunk, int page);
}
