package muninn.model.forward;

import java.util.ArrayList;
import java.util.List;
import muninn.kernels.Buffer;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;
import muninn.kernels.Sampled;
import muninn.kernels.Sequences;
import muninn.kernels.Weights;
import muninn.model.Architecture;
import muninn.model.Config;

/**
 * The forward pass as lists of operations, from a token to the next: prelude, start, a step of the
 * core, coda, head, and the block that all stages are made of. The last block of the coda is cut
 * behind its keys and values: what follows them nobody needs but lanes that speak. A model's
 * arithmetic is written here and nowhere else; {@link Forward} runs it.
 */
final class ForwardPrograms {
  private final Architecture architecture;
  private final Config config;
  private final Parameters parameters;
  private final KvCache cache;
  private final Sequences sequences;

  // What a lane has of its own, by row.
  private final Buffer e; // [rows, d] input embedding
  final Buffer s; // [rows, d] latent state
  final Buffer logits; // [rows, V] what was said last
  final Sampled sampled; // [rows]

  // Scratch of one program, by place in its lane table; x and q pass from coda to head.
  private final Buffer x; // [rows, d] residual stream
  final Buffer h; // [rows, d] normed
  private final Buffer q; // [rows, H·D]
  private final Buffer a; // [rows, H·D] attention
  private final Buffer y; // [rows, d] a branch's result, or the sum, before a norm
  private final Buffer g; // [rows, I]
  private final Buffer rope; // [positions, D] cosine and sine of each pair

  /**
   * @param rows most lanes of a tick
   */
  ForwardPrograms(
      Architecture architecture,
      Config config,
      Parameters parameters,
      Device device,
      KvCache cache,
      Sequences sequences,
      int rows) {
    this.architecture = architecture;
    this.config = config;
    this.parameters = parameters;
    this.cache = cache;
    this.sequences = sequences;
    int d = config.width();
    e = device.operand(rows, d).byRow();
    s = device.operand(rows, d).byRow();
    logits = device.buffer(rows, config.vocabulary()).byRow();
    sampled = device.sampled(rows);
    x = device.buffer(rows, d);
    h = device.operand(rows, d);
    q = device.operand(rows, config.queryWidth());
    a = device.operand(rows, config.queryWidth());
    y = device.buffer(rows, d);
    g = device.operand(rows, config.ffn());
    rope = config.rope().table(device, sequences.positions(), config.headWidth());
  }

  /** {@code e = prelude(embedding[token] · scale)}. */
  List<Op> prelude() {
    List<Op> ops = new ArrayList<>();
    ops.add(new Op.Embed(parameters.embedding(), config.embeddingScale(), sampled, sequences, x));
    blocks(ops, parameters.prelude(), 0, 0);
    ops.add(new Op.Move(x, e));
    return ops;
  }

  /** {@code s = s0}. */
  Op start() {
    return switch (architecture.start()) {
      case NORMAL ->
          new Op.InitialState(config.stateDeviation(), config.embeddingScale(), sequences, s);
      case EMBEDDING, UNADAPTED -> new Op.Move(e, s);
    };
  }

  /** {@code s =} what the coda makes of the thought before. */
  List<Op> normStates() {
    return architecture.norm().beforeCoda() ? List.of(norm(s, s)) : List.of();
  }

  /** {@code s = core(adapter · [s ; e])}, or {@code core(s)}. */
  List<Op> core() {
    return core(
        architecture.injects()
            ? new Op.Product(
                "adapter", new Op.Source.Joined(s, e), parameters.adapter(), new Epilogue.Store(x))
            : new Op.Move(s, x));
  }

  /** {@code s = core(e)}: the first step of a model whose first is another one. */
  List<Op> firstStep() {
    return core(new Op.Move(e, x));
  }

  /**
   * @param enter makes of state and input embedding what the blocks begin with
   */
  private List<Op> core(Op enter) {
    List<Op> ops = new ArrayList<>();
    ops.add(enter);
    blocks(ops, parameters.core(), config.prelude() + config.coda(), config.core());
    if (architecture.norm().afterStep()) {
      ops.add(norm(x, x));
    }
    ops.add(new Op.Move(x, s));
    return ops;
  }

  /**
   * {@code x = coda(s)}, which may read s through the norm, as far as the keys and values of its
   * last block.
   */
  List<Op> coda() {
    List<Op> ops = new ArrayList<>();
    ops.add(architecture.norm().beforeCoda() ? norm(s, x) : new Op.Move(s, x));
    int last = config.coda() - 1;
    if (last >= 0) {
      blocks(ops, parameters.coda().subList(0, last), config.prelude(), 0);
      leaveKeys(ops, parameters.coda().get(last), lastOfCoda());
    }
    return ops;
  }

  /**
   * {@code logits = head · x}, which may be read through the norm, from where {@link #coda} stopped
   * with the same lanes at the same places.
   */
  List<Op> head() {
    List<Op> ops = new ArrayList<>();
    if (config.coda() > 0) {
      lookBack(ops, parameters.coda().getLast(), lastOfCoda());
    }
    ops.add(architecture.norm().atEnd() ? norm(x, h) : new Op.Move(x, h));
    ops.add(new Op.Product("head", h, parameters.head(), new Epilogue.Store(logits)));
    return ops;
  }

  private KvSlot lastOfCoda() {
    return new KvSlot(config.prelude() + config.coda() - 1, 0);
  }

  /** What coda or head reads of states: {@code h}. */
  Op asRead() {
    boolean last = config.coda() == 0 && architecture.norm().atEnd();
    return last || architecture.norm().beforeCoda() ? norm(s, h) : new Op.Move(s, h);
  }

  /** Through the norm outside blocks. */
  private Op norm(Buffer from, Buffer to) {
    return norm(from, parameters.norm(), to);
  }

  private Op norm(Buffer from, Buffer weight, Buffer to) {
    return new Op.Norm(from, weight, config.normEps(), to);
  }

  /** The blocks of one stage, in place on x. */
  private void blocks(List<Op> ops, List<Parameters.Block> blocks, int firstSlot, int perGroup) {
    for (int i = 0; i < blocks.size(); i++) {
      block(ops, blocks.get(i), new KvSlot(firstSlot + i, perGroup));
    }
  }

  /** Attention, then the MLP, each a branch of x. */
  private void block(List<Op> ops, Parameters.Block w, KvSlot slot) {
    leaveKeys(ops, w, slot);
    lookBack(ops, w, slot);
  }

  /** A block as far as its keys and values. */
  private void leaveKeys(List<Op> ops, Parameters.Block w, KvSlot slot) {
    enter(ops, w.attention());
    ops.add(heads(w, slot));
  }

  /** The rest of it. */
  private void lookBack(List<Op> ops, Parameters.Block w, KvSlot slot) {
    ops.add(new Op.Attend(q, sequences, cache, slot, a));
    leave(ops, w.attention(), "attention out", a, w.attentionOut());
    enter(ops, w.mlp());
    ops.add(new Op.Product("gate up", h, w.gateUp(), new Epilogue.Gate(g)));
    leave(ops, w.mlp(), "mlp out", g, w.mlpOut());
  }

  /** {@code h = before(x)}. */
  private void enter(List<Op> ops, Parameters.Branch norms) {
    ops.add(norms.before() == null ? new Op.Move(x, h) : norm(x, norms.before(), h));
  }

  /** Queries to q, keys and values to the cache, of {@code queryKeyValue · h}. */
  private Op heads(Parameters.Block w, KvSlot slot) {
    Op.HeadNorms norms =
        w.queryNorm() == null
            ? null
            : new Op.HeadNorms(w.queryNorm(), w.keyNorm(), config.normEps());
    return new Op.Product(
        "qkv",
        h,
        w.queryKeyValue(),
        new Epilogue.Heads(w.queryKeyBias(), norms, rope, sequences, cache, slot, q));
  }

  /** {@code x = onSum(x + onBranch(W · in))}. */
  private void leave(
      List<Op> ops, Parameters.Branch norms, String name, Buffer in, Weights weights) {
    if (norms.onBranch() == null) {
      Buffer sum = norms.onSum() == null ? x : y;
      ops.add(new Op.Product(name, in, weights, new Epilogue.Add(x, sum)));
      if (norms.onSum() != null) {
        ops.add(norm(y, norms.onSum(), x));
      }
      return;
    }
    ops.add(new Op.Product(name, in, weights, new Epilogue.Store(y)));
    ops.add(new Op.Norm(y, norms.onBranch(), config.normEps(), x, x));
    if (norms.onSum() != null) {
      ops.add(norm(x, norms.onSum(), x));
    }
  }
}
