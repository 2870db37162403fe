package muninn.engine;

import java.util.Optional;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.OnGpu;

/** The latent states where they are, for the caller's work between ticks. */
record DeviceLatents(Device device, Buffer states) implements BetweenTicks.Latents {
  @Override
  public int rows() {
    return states.rows();
  }

  @Override
  public int width() {
    return states.columns();
  }

  @Override
  public DType dtype() {
    return states.dtype();
  }

  @Override
  public float[] read(int row) {
    return device.read(states, row);
  }

  @Override
  public Optional<OnGpu> onGpu() {
    return device.onGpu(states);
  }
}
