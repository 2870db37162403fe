package muninn.engine;

import org.junit.jupiter.api.Tag;

/** The same through the CUDA kernels, in float32. */
@Tag("gpu")
class CudaSetBackTest extends SetBackTest {
  @Override
  DeviceOptions device() {
    return OnCuda.device("float32");
  }

  @Override
  int requests() {
    return 10; // a tick of the emulated device takes tens of milliseconds
  }
}
