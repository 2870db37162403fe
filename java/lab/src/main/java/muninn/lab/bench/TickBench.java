package muninn.lab.bench;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.Samples;
import muninn.kernels.Span;
import muninn.lab.Contexts;
import muninn.lab.Effort;
import muninn.lab.Stopwatch;
import muninn.lab.Timing;
import muninn.lab.bench.BenchResult.Row;
import muninn.model.forward.Forward;

/** Times the parts of a tick: on lanes that each end a context, or on the positions of a prompt. */
final class TickBench {
  private final Device device;
  private final Forward forward;
  private final Contexts contexts;
  private final Stopwatch stopwatch;
  private final Yardstick yardstick;
  private final Deque<Samples> drawn = new ArrayDeque<>();

  /**
   * @param forward over the sequences of {@code contexts}
   */
  TickBench(
      Device device, Forward forward, Contexts contexts, Stopwatch stopwatch, Yardstick yardstick) {
    this.device = device;
    this.forward = forward;
    this.contexts = contexts;
    this.stopwatch = stopwatch;
    this.yardstick = yardstick;
  }

  /**
   * All parts of a tick.
   *
   * @param count of lanes
   * @param context positions before each
   */
  void tick(int count, int context, Consumer<Row> found) {
    Lanes lanes = contexts.ends(count);
    boolean shared = contexts.shared(count);
    time(List.of(TickPart.values()), lanes, Span.alone(count, context), shared, found);
  }

  /** Opening the positions of a prompt, and a step of them. */
  void prompt(int positions, Consumer<Row> found) {
    List<TickPart> parts = List.of(TickPart.OPENING, TickPart.STEP);
    time(parts, contexts.prompt(positions), Span.prompt(positions), false, found);
  }

  private void time(
      List<TickPart> parts, Lanes lanes, Span span, boolean shared, Consumer<Row> found) {
    TickCosts costs = new TickCosts(forward, span);
    for (TickPart part : parts) {
      Timing timing = stopwatch.time(1, () -> run(part, lanes));
      found.accept(yardstick.row(part, costs, timing, shared));
    }
  }

  private void run(TickPart part, Lanes lanes) {
    switch (part) {
      case OPENING -> {
        forward.prelude(lanes);
        forward.begin(lanes);
      }
      case STEP -> forward.core(lanes);
      case SPEAKING -> speak(lanes);
    }
  }

  /** Waits for the results of the tick before, as the engine does. */
  private void speak(Lanes lanes) {
    forward.speak(lanes, lanes);
    drawn.add(forward.draw(lanes));
    while (drawn.size() > device.ticksAhead()) {
      drawn.remove().await();
    }
  }

  /** Has the code of all operations compiled, which takes longer than one alone is warmed up. */
  static void warmUp(Forward forward, Contexts contexts, List<Integer> counts, Effort effort) {
    long start = System.nanoTime();
    do {
      for (int n : counts) {
        Lanes lanes = contexts.ends(n);
        forward.prelude(lanes);
        forward.begin(lanes);
        forward.core(lanes);
        forward.speak(lanes, lanes);
        forward.draw(lanes).await();
      }
    } while (System.nanoTime() - start < effort.engineWarmUp().toNanos());
  }
}
