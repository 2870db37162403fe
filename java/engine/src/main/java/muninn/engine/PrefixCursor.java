package muninn.engine;

import java.util.Arrays;
import muninn.kernels.KvCache;

/**
 * Where one sequence stands in the {@link PrefixTree}: it finds what others have left of its
 * prompt, and leaves what it has thought itself, a block at a time, as soon as that is final.
 * Positions are left as a prompt of the same tokens would leave them, or not at all: those, from
 * the first on, that took all their steps, from latents of their own, and whose tokens are known.
 */
final class PrefixCursor {
  private final PrefixTree tree;
  private final HeldPages pages;
  private final int promptTokens;
  private final int unit;
  private final int findable;
  private final int leavable;

  private int[] tokens;
  private int known; // tokens of the prompt, and what was said
  private int settled; // positions, from the first on, that are final and as deep as they may be
  private boolean shallow; // whether one after these is not as deep

  private PrefixBlock last; // the deepest block held
  private int blocks; // from the first position to the end of that

  /**
   * @param pages of the sequence
   * @param tokens that are known
   * @param promptTokens those of them that are thought about as a prompt
   * @param unit positions that are found together or not at all: whole blocks, and where prompts
   *     are read in chunks whole chunks
   * @param findable most positions of the prompt that may be found; its last one never is, for it
   *     predicts the first new token
   * @param leavable most positions that may be left to others
   */
  PrefixCursor(
      PrefixTree tree,
      PrefixKey key,
      HeldPages pages,
      int[] tokens,
      int promptTokens,
      int unit,
      int findable,
      int leavable) {
    this.tree = tree;
    this.pages = pages;
    this.unit = unit;
    this.findable = findable;
    this.leavable = leavable;
    this.promptTokens = promptTokens;
    this.tokens = tokens;
    known = tokens.length;
    last = tree.holdRoot(key);
  }

  /**
   * Takes over what others have left of the prompt.
   *
   * @param next the first position that is not thought about yet, all before it being final
   * @return the first position that is to be thought about
   */
  int find(int next) {
    if (next % unit != 0 || next != settled || next != blocks * KvCache.PAGE) {
      return next;
    }
    while (settled + unit <= findable && unitIsThere()) {
      for (int end = settled + unit; settled < end; settled += KvCache.PAGE) {
        hold(tree.find(last, tokens, settled));
      }
    }
    return settled;
  }

  private boolean unitIsThere() {
    PrefixBlock block = last;
    for (int from = settled; from < settled + unit && block != null; from += KvCache.PAGE) {
      block = tree.find(block, tokens, from);
    }
    return block != null;
  }

  private void hold(PrefixBlock block) {
    pages.find(blocks, block.pages);
    tree.hold(block);
    last = block;
    blocks++;
  }

  /** The tokens known so far. */
  int[] known() {
    return Arrays.copyOf(tokens, known);
  }

  /** The token of the next position is known. */
  void said(int token) {
    if (known == tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(2 * known, KvCache.PAGE));
    }
    tokens[known++] = token;
    leave();
  }

  /**
   * The next position is final.
   *
   * @param deep whether it took all its steps
   */
  void settled(boolean deep) {
    shallow |= !deep;
    if (!shallow) {
      settled++;
      leave();
    }
  }

  private void leave() {
    if (tree.isClosed()) {
      return;
    }
    int end = Math.min(Math.min(settled, known), leavable);
    for (int from = blocks * KvCache.PAGE; from + KvCache.PAGE <= end; from += KvCache.PAGE) {
      PrefixBlock there = tree.find(last, tokens, from);
      if (there != null) {
        hold(there); // somebody was faster: their pages, which are the same, replace these
      } else {
        last = tree.add(last, tokens, from, pages.leave(blocks));
        blocks++;
      }
    }
  }

  /** Positions of another one's prompt that this one will have left when its own prompt is done. */
  int willLeave(PrefixCursor other) {
    boolean thinks = settled < promptTokens && !shallow && !tree.isClosed();
    if (thinks && last.key.equals(other.last.key)) {
      int same = Arrays.mismatch(tokens, 0, promptTokens, other.tokens, 0, other.promptTokens);
      int end = Math.min(same < 0 ? promptTokens : same, Math.min(leavable, other.findable));
      return end / other.unit * other.unit;
    }
    return 0;
  }

  /** Lets go of all blocks. */
  void release() {
    tree.release(last);
  }
}
