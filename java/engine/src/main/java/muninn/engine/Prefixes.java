package muninn.engine;

import java.util.List;
import muninn.engine.request.Options;
import muninn.engine.request.Thinking;
import muninn.kernels.KvCache;

/**
 * Which sequences of an engine share keys and values, and how much of them. Reuse never changes a
 * text: what is found is what the sequence would have written itself, to the bit, wherever a lane's
 * arithmetic does not depend on which lanes share its tick.
 */
final class Prefixes {
  /**
   * Positions that are worth waiting for until another sequence has thought about them: about as
   * many as a pass of the core takes for hardly more than one.
   */
  private static final int WORTH_WAITING = 64;

  private final PrefixTree tree;
  private final boolean noisy;
  private final int chunk;

  /**
   * @param noisy whether the model's latents start from noise
   * @param rows most lanes of the engine
   */
  Prefixes(PrefixTree tree, boolean noisy, int rows) {
    this.tree = tree;
    this.noisy = noisy;
    chunk = Thinking.chunk(rows);
  }

  /** Where a new sequence stands. */
  PrefixCursor open(Ticket ticket, HeldPages pages) {
    Options options = ticket.request().options();
    Thinking thinking = options.thinking();
    int unit = thinking.thinksInChunks() ? leastCommonMultiple(chunk) : KvCache.PAGE;
    int findable = ticket.inspector() == null ? ticket.lastOfPrompt() / unit * unit : 0;
    PrefixKey key = PrefixKey.of(options, noisy);
    int prompt = ticket.lastOfPrompt() + 1;
    int leavable = thinking.thinksAsPrompt() ? Integer.MAX_VALUE : prompt;
    return new PrefixCursor(tree, key, pages, ticket.known(), prompt, unit, findable, leavable);
  }

  private static int leastCommonMultiple(int chunk) {
    int multiple = chunk;
    while (multiple % KvCache.PAGE != 0) {
      multiple += chunk;
    }
    return multiple;
  }

  /**
   * Whether a sequence's prompt waits, as an older one is thinking about a good part of it now, and
   * will leave that to it.
   */
  static boolean waits(Sequence sequence, List<Sequence> running) {
    for (Sequence older : running) {
      if (older == sequence) {
        return false;
      }
      int end = older.prefix.willLeave(sequence.prefix);
      if (end - sequence.wave.next() >= WORTH_WAITING) {
        return true;
      }
    }
    return false;
  }

  /** Pages that only wait to be found. */
  int idlePages() {
    return tree.idlePages();
  }

  /** From now on nothing is found and nothing left. */
  void end() {
    tree.close();
  }
}
