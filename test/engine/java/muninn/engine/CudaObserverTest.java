package muninn.engine;

import org.junit.jupiter.api.Tag;

/** Watching thoughts through the CUDA kernels, in float32. */
@Tag("gpu")
class CudaObserverTest extends ObserverTest {
  @Override
  DeviceOptions device() {
    return OnCuda.device("float32");
  }
}
