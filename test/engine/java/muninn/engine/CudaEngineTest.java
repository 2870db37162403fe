package muninn.engine;

import muninn.kernels.cuda.TestDevice;
import org.junit.jupiter.api.Tag;

/** The same promises on the CUDA device, with bfloat16 weights, keys and values, as GPUs run it. */
@Tag("gpu")
class CudaEngineTest extends EngineTest {
  @Override
  DeviceOptions device(int threads) {
    return OnCuda.device("bfloat16");
  }

  @Override
  int requests() {
    return TestDevice.isGpu() ? 64 : 10; // a tick of the emulated device takes milliseconds
  }
}
