package muninn.engine;

import java.util.Optional;
import muninn.kernels.DType;
import muninn.kernels.OnGpu;

/** Work of the caller's between the engine's ticks; see {@link Engine#betweenTicks}. */
@FunctionalInterface
public interface BetweenTicks {

  /**
   * Called on the engine's thread after every tick. What it enqueues on the device's stream runs
   * before the next tick. What it throws fails the answers under way, whose latents it had in hand;
   * requests that wait their turn go on, and it is called again after the next tick.
   */
  void run(Latents latents);

  /** The latent states {@code [rows, width]}, as the next step will take them. */
  interface Latents {
    /** One for each lane that the engine can think about at once. */
    int rows();

    /** d of the model. */
    int width();

    /** What an element is stored as. */
    DType dtype();

    /** Waits for the device, and copies one row to the host. */
    float[] read(int row);

    /** Stream and memory, for kernels of the caller's own; empty on the CPU. */
    Optional<OnGpu> onGpu();
  }
}
