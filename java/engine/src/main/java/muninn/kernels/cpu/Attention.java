package muninn.kernels.cpu;

import java.util.Arrays;
import java.util.Optional;
import muninn.kernels.KvSlot;
import muninn.kernels.Op;

/**
 * Causal softmax attention of one lane and one head over a paged cache: scores of all positions,
 * softmax with the maximum taken off, weighted sum of values. Scores are summed over the head's
 * elements in order and values over the positions in order, so a lane's result depends on its
 * sequence alone. Heads of queries that share keys and values, or else lanes that follow one
 * another in a prompt, pass over them together.
 *
 * <p>Compiled code does that where it is there, vectors or plain loops elsewhere, the same to the
 * bit.
 */
final class Attention {
  private final Workers workers;
  private final LateLibrary late;
  private final CpuBuffer q; // [≥n, H·D]
  private final CpuSequences sequences;
  private final CpuKvCache cache;
  private final KvSlot slot;
  private final CpuBuffer out; // [≥n, H·D]
  private final int width; // D
  private final int sharing; // heads of queries for each of keys and values

  /** Queries that pass over keys and values together, the first of them somewhere in an array. */
  static final class Queries {
    int first;
    int step; // from one to the next
    int count;
    final int[] seen; // positions that each sees, the last one most

    Queries(int most) {
      seen = new int[most];
    }
  }

  /** Attention to a context, for one thread. */
  interface Pass {
    /** Of some queries to one head of keys and values; results lie as queries do. */
    void attend(int head, Queries queries, float[] q, float[] out);
  }

  private Attention(Workers workers, LateLibrary late, Op.Attend op) {
    this.workers = workers;
    this.late = late;
    q = CpuBuffer.of(op.q());
    sequences = CpuSequences.of(op.sequences());
    cache = CpuKvCache.of(op.cache());
    slot = op.slot();
    out = CpuBuffer.of(op.out());
    width = cache.headWidth();
    sharing = q.columns() / (cache.heads() * width);
  }

  static Step prepare(Workers workers, LateLibrary late, Op.Attend op) {
    return new Attention(workers, late, op)::lanes;
  }

  /** All heads of all lanes, in parallel. */
  private void lanes(CpuLanes lanes) {
    int heads = cache.heads();
    long keys = 0;
    for (int m = 0; m < lanes.size(); m++) {
      keys += lanes.position[m] + 1;
    }
    long products = 2L * sharing * keys * width * heads;
    boolean plain = workers.plain(products);
    Optional<CpuLibrary> library =
        plain || !CpuLibrary.attendsTo(cache.elements) ? Optional.empty() : late.open();
    int most = plain ? 1 : library.isPresent() ? CpuLibrary.TOGETHER : VectorAttention.TOGETHER;
    Chains chains = Chains.of(lanes, sharing == 1 ? most : 1, heads);
    Linear.split(
        workers,
        chains.tasks(),
        products / Math.max(1, chains.tasks()),
        (from, to) -> {
          Queries queries = new Queries(most);
          Pass pass = null;
          int chain = -1;
          for (int task = from; task < to; task++) {
            if (pass == null || chains.chain(task) != chain) {
              chain = chains.chain(task);
              pass = pass(lanes, chains.last(chain), library, plain);
            }
            int head = chains.head(chain, task);
            int m = chains.lane(chain, task);
            if (sharing == 1) {
              neighbours(lanes, m, chains.count(chain, m), head, queries, pass);
            } else {
              sharing(lanes, m, head, queries, pass);
            }
          }
        });
  }

  /** Attention to the context of lane m. */
  private Pass pass(CpuLanes lanes, int m, Optional<CpuLibrary> library, boolean plain) {
    Context context = new Context(sequences, lanes, m, slot, cache);
    if (plain) {
      return new PlainAttention(cache, context);
    }
    return library.isPresent()
        ? library.get().attention(cache.elements, context)
        : new VectorAttention(cache, context);
  }

  /** One head of some lanes that follow one another. */
  private void neighbours(CpuLanes lanes, int m, int count, int head, Queries queries, Pass pass) {
    queries.first = q.row(m) + head * width;
    queries.step = q.columns();
    queries.count = count;
    for (int h = 0; h < count; h++) {
      queries.seen[h] = lanes.position[m + h] + 1;
    }
    pass.attend(head, queries, q.data(), out.data());
  }

  /** All of a lane's heads that share one of keys and values. */
  private void sharing(CpuLanes lanes, int m, int head, Queries queries, Pass pass) {
    Arrays.fill(queries.seen, lanes.position[m] + 1);
    queries.step = width;
    for (int h = 0; h < sharing; h += queries.seen.length) {
      queries.first = q.row(m) + (head * sharing + h) * width;
      queries.count = Math.min(queries.seen.length, sharing - h);
      pass.attend(head, queries, q.data(), out.data());
    }
  }
}
