package muninn.engine;

import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;
import muninn.kernels.KvCache;

/**
 * The KV pages that outlive the sequence that wrote them, found again by the tokens up to them. A
 * block that nobody holds stays as long as no page is wanted; then the least recently used goes
 * first. Pages of held blocks are set aside in the pool, those of others are not: so whoever
 * reserves pages counts them as free.
 */
final class PrefixTree {
  private final KvPages pool;
  private final Map<PrefixKey, PrefixBlock> roots = new HashMap<>();

  /**
   * Blocks that nobody holds, the least recently used first. Since a block is let go of before the
   * one before it, the first of them has none behind it.
   */
  private final SequencedSet<PrefixBlock> idle = new LinkedHashSet<>();

  private int idlePages;
  private int pages;
  private boolean closed;

  PrefixTree(KvPages pool) {
    this.pool = pool;
    pool.reclaimFrom(this::evict);
  }

  /** From now on nothing is found or added; blocks stay until their pages are wanted. */
  void close() {
    closed = true;
  }

  boolean isClosed() {
    return closed;
  }

  /** Pages of all blocks. */
  int pages() {
    return pages;
  }

  /** Pages of the blocks that nobody holds. */
  int idlePages() {
    return idlePages;
  }

  /** What all sequences of a key begin with, held for the caller. */
  PrefixBlock holdRoot(PrefixKey key) {
    PrefixBlock root = roots.computeIfAbsent(key, PrefixBlock::root);
    root.holders++;
    return root;
  }

  /** The block of these tokens, from one on, behind another; null where there is none. */
  PrefixBlock find(PrefixBlock before, int[] tokens, int from) {
    return closed ? null : before.children.get(IntBuffer.wrap(tokens, from, KvCache.PAGE));
  }

  /** Holds a block for one who holds the one before it, and whose own pages it replaces. */
  void hold(PrefixBlock block) {
    if (block.holders++ == 0) {
      idle.remove(block);
      idlePages -= block.pages.length;
      if (!pool.reserve(block.pages.length)) {
        throw new IllegalStateException("a block was found and nothing given up for it");
      }
    }
  }

  /**
   * Adds a block behind another that the caller holds, and holds it for the caller.
   *
   * @param pages that the caller had set aside
   */
  PrefixBlock add(PrefixBlock before, int[] tokens, int from, int[] pages) {
    IntBuffer own = IntBuffer.wrap(Arrays.copyOfRange(tokens, from, from + KvCache.PAGE));
    PrefixBlock block = PrefixBlock.after(before, own, pages);
    if (before.children.putIfAbsent(own, block) != null) {
      throw new IllegalStateException("two blocks of the same tokens");
    }
    block.holders = 1;
    this.pages += pages.length;
    return block;
  }

  /** Lets go of a block and of all before it, the deepest first. */
  void release(PrefixBlock last) {
    for (PrefixBlock block = last; block != null; block = block.parent) {
      if (--block.holders > 0) {
        continue;
      }
      if (block.isRoot()) {
        forgetIfBare(block);
      } else {
        idle.add(block);
        idlePages += block.pages.length;
        pool.unreserve(block.pages.length);
      }
    }
  }

  /** Gives the pages of the block that was used longest ago back to the pool. */
  private void evict() {
    PrefixBlock block = idle.removeFirst();
    block.parent.children.remove(block.tokens);
    forgetIfBare(block.parent);
    idlePages -= block.pages.length;
    pages -= block.pages.length;
    for (int page : block.pages) {
      pool.give(page);
    }
  }

  private void forgetIfBare(PrefixBlock block) {
    if (block.isRoot() && block.holders == 0 && block.children.isEmpty()) {
      roots.remove(block.key);
    }
  }
}
