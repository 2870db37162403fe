package muninn.engine;

import muninn.kernels.Buffer;
import muninn.kernels.Device;

/** Work of the caller's between the engine's ticks; see {@link Engine#betweenTicks}. */
@FunctionalInterface
public interface BetweenTicks {

  /**
   * Called on the engine's thread after every tick. What it enqueues on the device's stream runs
   * before the next tick; what it throws ends the engine.
   *
   * @param device a {@code CudaDevice} shows its stream and the memory of its buffers
   * @param latents {@code [maxLanes, d]} the latent states, by row, as the next step will take them
   */
  void run(Device device, Buffer latents);
}
