package muninn.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import muninn.kernels.Buffer;
import muninn.kernels.Device;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.Samples;
import muninn.kernels.Weights;
import muninn.model.Config;
import muninn.model.Parameters;

/**
 * The operations of a model one by one, each over the weights of all blocks in turn, so that the
 * cache does not hold what the next call reads; the adapter and the head, of which there is one,
 * get copies while the cache could hold them.
 */
final class Operations {
  /** Calls of a cycle, at least: a recorded cycle must outlast its launch. */
  private static final int LEAST_CALLS = 16;

  private static final int MOST_COPIES = 8;
  private static final int CACHES = 2;

  private final Device device;
  private final Config config;
  private final Costs costs;
  private final Contexts contexts;
  private final int context;
  private final List<Block> blocks = new ArrayList<>();
  private final List<Weights> adapters;
  private final List<Weights> heads;
  private final Buffer finalNorm;
  private final Buffer rope;

  // Scratch as in the forward pass: x, y residual stream, the others operands.
  private final Buffer x;
  private final Buffer y;
  private final Buffer h;
  private final Buffer q;
  private final Buffer a;
  private final Buffer g;
  private final Buffer s;
  private final Buffer e;
  private final Buffer logits;
  private final Device.Sampled sampled;
  private Samples last = () -> null;

  /** A block, and where its keys are at the first step. */
  private record Block(Parameters.Block weights, KvSlot slot) {}

  /**
   * One operation.
   *
   * @param calls of the operation in a cycle
   * @param touched bytes that a cycle reads or writes before it comes to the first of them again
   */
  record Operation(String name, Cost cost, int calls, long touched, Runnable cycle) {}

  /**
   * @param lanes most lanes
   */
  Operations(
      Device device,
      Config config,
      Parameters parameters,
      Costs costs,
      Contexts contexts,
      int lanes,
      int context) {
    this.device = device;
    this.config = config;
    this.costs = costs;
    this.contexts = contexts;
    this.context = context;
    for (var stage : List.of(parameters.prelude(), parameters.coda(), parameters.core())) {
      stage.forEach(block -> blocks.add(new Block(block, new KvSlot(blocks.size(), 0))));
    }
    adapters = copies(parameters.adapter());
    heads = copies(parameters.embedding());
    finalNorm = parameters.finalNorm();
    rope = parameters.rope();
    int d = config.width();
    x = device.buffer(lanes, d);
    y = device.buffer(lanes, d);
    h = device.operand(lanes, d);
    q = device.operand(lanes, d);
    a = device.operand(lanes, d);
    g = device.operand(lanes, config.ffn());
    s = device.operand(lanes, d);
    e = device.operand(lanes, d);
    logits = device.buffer(lanes, config.vocabulary());
    sampled = device.sampled(lanes);
  }

  /** A matrix, and others like it until the cache no longer holds all of them. */
  private List<Weights> copies(Weights weights) {
    List<Weights> copies = new ArrayList<>(List.of(weights));
    long bytes = bytes(weights);
    while (copies.size() < MOST_COPIES
        && copies.size() * bytes <= CACHES * device.cacheBytes()
        && bytes < device.grantedBytes()) {
      copies.add(device.randomWeights(copies.size(), weights.rows(), weights.columns(), 0.02f));
    }
    return copies;
  }

  private static long bytes(Weights weights) {
    return (long) weights.rows() * weights.columns() * weights.dtype().bytes();
  }

  /** All operations on so many lanes, in the order of a token. */
  List<Operation> on(int n) {
    Lanes lanes = contexts.ends(n);
    float eps = config.normEps();
    fill(lanes);
    List<Operation> all = new ArrayList<>();
    all.add(
        each(
            "norm", costs.norm(n), lanes, b -> device.norm(lanes, x, b.weights().norm1(), eps, h)));
    all.add(
        each(
            "queryKeyValue",
            costs.queryKeyValue(n),
            lanes,
            b ->
                device.queryKeyValue(
                    lanes,
                    h,
                    b.weights().qkv(),
                    b.weights().qkBias(),
                    rope,
                    contexts.sequences,
                    contexts.cache,
                    b.slot(),
                    q)));
    all.add(attention(n, lanes));
    all.add(
        each(
            "linearAdd attn",
            costs.attentionOut(n),
            lanes,
            b -> device.linearAdd(lanes, a, b.weights().attnOut(), x, y)));
    all.add(
        each(
            "normNorm",
            costs.normNorm(n),
            lanes,
            b -> device.normNorm(lanes, y, b.weights().norm2(), x, b.weights().norm3(), eps, h)));
    all.add(
        each(
            "swiglu",
            costs.swiglu(n),
            lanes,
            b -> device.swiglu(lanes, h, b.weights().gateUp(), g)));
    all.add(
        each(
            "linearAdd mlp",
            costs.mlpOut(n),
            lanes,
            b -> device.linearAdd(lanes, g, b.weights().mlpOut(), x, y)));
    all.add(
        cycle(
            "adapter", costs.adapter(n), lanes, adapters, w -> device.adapter(lanes, s, e, w, x)));
    all.add(cycle("head", costs.head(n), lanes, heads, w -> device.linear(lanes, h, w, logits)));
    all.add(sample("sample greedy", n, lanes));
    all.add(sample("sample top-p", n, contexts.drawing(n)));
    return all;
  }

  /** Numbers in every buffer, as some token would leave them. */
  private void fill(Lanes lanes) {
    device.embed(
        lanes, heads.getFirst(), (float) Math.sqrt(config.width()), sampled, contexts.sequences, x);
    device.scatter(lanes, x, s);
    device.scatter(lanes, x, e);
    device.norm(lanes, x, finalNorm, config.normEps(), h);
    device.norm(lanes, x, finalNorm, config.normEps(), a);
    device.norm(lanes, x, finalNorm, config.normEps(), q);
    device.swiglu(lanes, h, blocks.getFirst().weights().gateUp(), g);
    device.linear(lanes, h, heads.getFirst(), logits);
  }

  private Operation attention(int n, Lanes lanes) {
    Operation all =
        each(
            "attention",
            costs.attention(Span.alone(n, context)),
            lanes,
            b -> device.attention(lanes, q, contexts.sequences, contexts.cache, b.slot(), a));
    return contexts.shared(n)
        ? new Operation(all.name(), all.cost(), all.calls(), 0, all.cycle())
        : all;
  }

  private Operation sample(String name, int n, Lanes lanes) {
    Cost cost = costs.sample(n);
    Runnable draw =
        () -> {
          Samples samples = device.sample(lanes, logits, contexts.sequences, sampled);
          last.await(); // the one before: the host is a tick ahead, as in the engine
          last = samples;
        };
    return new Operation(name, cost, 1, cost.bytes(), draw);
  }

  private Operation each(String name, Cost cost, Lanes lanes, Consumer<Block> call) {
    return cycle(name, cost, lanes, blocks, call);
  }

  private <T> Operation cycle(
      String name, Cost cost, Lanes lanes, List<T> items, Consumer<T> call) {
    int turns = Math.ceilDiv(LEAST_CALLS, items.size());
    Runnable operations =
        () -> {
          for (int turn = 0; turn < turns; turn++) {
            items.forEach(call);
          }
        };
    return new Operation(
        name,
        cost,
        turns * items.size(),
        cost.bytes() * items.size(),
        () -> device.stage("bench " + name, lanes, operations));
  }
}
