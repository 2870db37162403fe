package muninn.engine;

import org.junit.jupiter.api.Tag;

/** Exits, shared keys and continuous thought through the CUDA kernels, in float32. */
@Tag("gpu")
class CudaDepthTest extends DepthTest {
  @Override
  DeviceOptions device() {
    return OnCuda.device("float32");
  }

  @Override
  int requests() {
    return 10; // a tick of the emulated device takes tens of milliseconds
  }

  @Override
  int stride() {
    return 5;
  }
}
