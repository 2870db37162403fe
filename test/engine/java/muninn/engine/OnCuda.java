package muninn.engine;

import muninn.cuda.Emulated;
import muninn.kernels.cuda.TestDevice;

/** The CUDA device that the engine's tests run on, as {@link TestDevice} chooses it. */
final class OnCuda {
  private OnCuda() {}

  /**
   * Skips the test, by name, where the emulated device is wanted and there is no g++.
   *
   * @param dtype {@code float32}, where it computes what the CPU does, or {@code bfloat16}
   */
  static DeviceOptions device(String dtype) {
    return device(dtype, true, "");
  }

  /** The same in bfloat16, with kernels that were chosen whatever the lanes. */
  static DeviceOptions withKernels(String kernels) {
    return device("bfloat16", false, kernels);
  }

  private static DeviceOptions device(String dtype, boolean deterministic, String kernels) {
    if (!TestDevice.isGpu()) {
      Emulated.driver();
    }
    String device = TestDevice.isGpu() ? "cuda" : "emulated";
    return new DeviceOptions(device, 0, dtype, "auto", 0.9, deterministic, "own", kernels);
  }
}
