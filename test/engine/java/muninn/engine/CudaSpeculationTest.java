package muninn.engine;

import org.junit.jupiter.api.Tag;

/** Speculation through the CUDA kernels, in float32. */
@Tag("gpu")
class CudaSpeculationTest extends SpeculationTest {
  @Override
  DeviceOptions device() {
    return OnCuda.device("float32");
  }

  @Override
  int usualRequests() {
    return 12; // a tick of the emulated device takes tens of milliseconds
  }

  @Override
  int stride() {
    return 150;
  }
}
