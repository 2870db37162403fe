package muninn.lab.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import muninn.kernels.Cost;
import muninn.kernels.Costs;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.kernels.Reading;
import muninn.kernels.Routine;
import muninn.kernels.Samples;
import muninn.kernels.Span;
import muninn.kernels.Variant;
import muninn.kernels.Weights;
import muninn.lab.Contexts;
import muninn.model.forward.Forward;

/**
 * The operations of a forward pass one by one, each over the weights of all blocks in turn, so that
 * the cache does not hold what the next call reads; a product of which there is one gets copies of
 * its weights while the cache could hold them.
 */
final class Operations {
  /** Calls of a cycle, at least: a recorded cycle must outlast its launch. */
  private static final int LEAST_CALLS = 16;

  private static final int MOST_COPIES = 8;
  private static final int CACHES = 2;

  private final Device device;
  private final Forward forward;
  private final Contexts contexts;
  private final int context;
  private final List<Cycle> cycles = new ArrayList<>();
  private final Op.Draw draw;
  private final Reading<Samples> drawing;
  private Samples last = () -> null;

  /**
   * Operations alike, again and again.
   *
   * @param ops of one turn
   */
  private record Cycle(List<Op> ops, int turns, Program program, Routine routine) {}

  /**
   * One operation.
   *
   * @param op one of them
   * @param calls of the operation in a cycle
   * @param touched bytes that a cycle reads or writes before it comes to the first of them again
   */
  record Operation(String name, Op op, Cost cost, int calls, long touched, Runnable cycle) {}

  /** An operation by a variant. */
  record Alternative(Operation operation, Variant variant) {}

  /**
   * @param forward of the contexts' sequences
   */
  Operations(Device device, Forward forward, Contexts contexts, int context) {
    this.device = device;
    this.forward = forward;
    this.contexts = contexts;
    this.context = context;
    draw = (Op.Draw) forward.program(Role.DRAW).ops().getFirst();
    drawing = device.prepare(draw);
    Map<String, List<Op>> byName = new LinkedHashMap<>();
    for (Program program : forward.programs()) {
      for (Op op : program.ops()) {
        List<Op> alike = byName.computeIfAbsent(op.name(), _ -> new ArrayList<>());
        if (alike.isEmpty() || cost(op, 1).equals(cost(alike.getFirst(), 1))) {
          alike.add(op);
        }
      }
    }
    byName.remove(draw.name());
    byName.forEach((name, alike) -> cycles.add(cycle(name, alike)));
  }

  private Cycle cycle(String name, List<Op> alike) {
    List<Op> ops = alike;
    if (alike.size() == 1 && alike.getFirst() instanceof Op.Product product) {
      ops = copies(product);
    }
    int turns = Math.ceilDiv(LEAST_CALLS, ops.size());
    List<Op> all = new ArrayList<>();
    for (int turn = 0; turn < turns; turn++) {
      all.addAll(ops);
    }
    Program program = new Program(name, Role.CORE, all);
    return new Cycle(ops, turns, program, device.prepare(program));
  }

  /** A product, and others like it until the cache no longer holds all their weights. */
  private List<Op> copies(Op.Product product) {
    Weights weights = product.weights();
    List<Op> copies = new ArrayList<>(List.of(product));
    while (copies.size() < MOST_COPIES
        && copies.size() * weights.bytes() <= CACHES * device.cacheBytes()
        && weights.bytes() < device.grantedBytes()) {
      Weights copy =
          device.randomWeights(
              copies.size(), weights.rows(), weights.columns(), 0.02f, weights.format());
      copies.add(new Op.Product(product.name(), product.in(), copy, product.then()));
    }
    return copies;
  }

  private Cost cost(Op op, int lanes) {
    return Costs.of(op, Span.alone(lanes, context));
  }

  /** All operations on so many lanes, in the order of a token. */
  List<Operation> on(int n) {
    Lanes lanes = contexts.ends(n);
    fill(lanes);
    List<Operation> all = new ArrayList<>();
    for (Cycle cycle : cycles) {
      all.add(operation(cycle, n, () -> cycle.routine.run(lanes)));
    }
    all.add(draw("draw greedy", n, lanes));
    all.add(draw("draw top-p", n, contexts.drawing(n)));
    return all;
  }

  private Operation operation(Cycle cycle, int n, Runnable run) {
    Op op = cycle.ops.getFirst();
    Cost cost = cost(op, n);
    int items = cycle.ops.size();
    boolean cached = op instanceof Op.Attend && contexts.shared(n);
    return new Operation(
        op.name(), op, cost, cycle.turns * items, cached ? 0 : cost.bytes() * items, run);
  }

  /** Every variant of the operations that have several, on so many lanes. */
  List<Alternative> variants(int n) {
    Lanes lanes = contexts.ends(n);
    fill(lanes);
    List<Alternative> all = new ArrayList<>();
    for (Cycle cycle : cycles) {
      for (Variant variant : device.variants(cycle.ops.getFirst())) {
        Routine routine = device.prepare(cycle.program, variant);
        all.add(new Alternative(operation(cycle, n, () -> routine.run(lanes)), variant));
      }
    }
    return all;
  }

  /** Numbers in every buffer, as some token would leave them. */
  private void fill(Lanes lanes) {
    forward.prelude(lanes);
    forward.begin(lanes);
    forward.core(lanes);
    forward.speak(lanes, lanes);
  }

  private Operation draw(String name, int n, Lanes lanes) {
    Cost cost = cost(draw, n);
    Runnable run =
        () -> {
          Samples samples = drawing.run(lanes);
          last.await(); // the one before: the host is a tick ahead, as in the engine
          last = samples;
        };
    return new Operation(name, draw, cost, 1, cost.bytes(), run);
  }
}
