package muninn.engine;

import muninn.kernels.Buffer;
import muninn.kernels.Device;

/** Work of the caller's between the engine's ticks; see {@link Engine#betweenTicks}. */
@FunctionalInterface
public interface BetweenTicks {

  /**
   * Called on the engine's thread after every tick. What it enqueues on the device's stream runs
   * before the next tick. What it throws fails the answers under way, whose latents it had in hand;
   * requests that wait their turn go on, and it is called again after the next tick.
   *
   * @param device a {@code CudaDevice} shows its stream and the memory of its buffers
   * @param latents {@code [maxLanes, d]} the latent states, by row, as the next step will take them
   */
  void run(Device device, Buffer latents);
}
