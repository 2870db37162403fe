package muninn.engine;

import org.junit.jupiter.api.Tag;

/** What depth costs through the CUDA kernels, in float32. */
@Tag("gpu")
class CudaDepthCostTest extends DepthCostTest {
  @Override
  DeviceOptions device() {
    return OnCuda.device("float32");
  }
}
