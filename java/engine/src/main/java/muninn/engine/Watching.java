package muninn.engine;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Shows an observer every step of all positions from one on, once: of a request that begins again
 * on another device only what was not shown before, which is the same to the bit.
 */
final class Watching implements Inspector {
  private final Observer observer;
  private final int from;
  private final Map<Integer, Integer> shown = new HashMap<>(); // position to its last step, 0: open

  Watching(Observer observer, int from) {
    this.observer = observer;
    this.from = from;
  }

  @Override
  public int looksFrom() {
    return from;
  }

  @Override
  public boolean everyStep() {
    return true;
  }

  @Override
  public void begins(int position, Supplier<float[]> state) {
    if (shown.putIfAbsent(position, 0) == null) {
      observer.begins(position, state.get());
    }
  }

  @Override
  public void speaks(int position, int steps, float[] logits, Latents latents) {
    if (steps <= shown.get(position)) {
      return;
    }
    shown.put(position, steps);
    observer.steps(position, steps, latents.state().get(), logits);
    float gate = latents.gate().get();
    if (!Float.isNaN(gate)) {
      observer.gate(position, steps, gate);
    }
  }
}
