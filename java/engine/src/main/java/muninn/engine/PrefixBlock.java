package muninn.engine;

import java.nio.IntBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * The keys and values of {@link muninn.kernels.KvCache#PAGE} positions at full depth, in all their
 * slots, and where they stand: behind the block before them, which tells what the tokens up to here
 * were. They are final; who holds a block holds those before it too.
 */
final class PrefixBlock {
  final PrefixKey key;

  /** The block before; null for a root, which is before all positions and has no pages. */
  final PrefixBlock parent;

  final IntBuffer tokens;

  /** One for each KV slot that has pages of its own, in their order. */
  final int[] pages;

  final Map<IntBuffer, PrefixBlock> children = new HashMap<>();

  /** Sequences that read it. */
  int holders;

  private PrefixBlock(PrefixKey key, PrefixBlock parent, IntBuffer tokens, int[] pages) {
    this.key = key;
    this.parent = parent;
    this.tokens = tokens;
    this.pages = pages;
  }

  /** Before the first position. */
  static PrefixBlock root(PrefixKey key) {
    return new PrefixBlock(key, null, IntBuffer.allocate(0), new int[0]);
  }

  /** Behind another block. */
  static PrefixBlock after(PrefixBlock parent, IntBuffer tokens, int[] pages) {
    return new PrefixBlock(parent.key, parent, tokens, pages);
  }

  boolean isRoot() {
    return parent == null;
  }
}
