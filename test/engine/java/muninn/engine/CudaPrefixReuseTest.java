package muninn.engine;

import org.junit.jupiter.api.Tag;

/** The same through the CUDA kernels, in float32. */
@Tag("gpu")
class CudaPrefixReuseTest extends PrefixReuseTest {
  @Override
  DeviceOptions device() {
    return OnCuda.device("float32");
  }

  @Override
  int conversations() {
    return 4; // a tick of the emulated device takes tens of milliseconds
  }

  @Override
  int families() {
    return 1;
  }
}
