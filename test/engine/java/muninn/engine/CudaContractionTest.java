package muninn.engine;

import org.junit.jupiter.api.Tag;

/** The same through the CUDA kernels, in float32. */
@Tag("gpu")
class CudaContractionTest extends ContractionTest {
  @Override
  EngineOptions options() {
    return new EngineOptions(OnCuda.device("float32"), 64, 4, 8, 64L << 20);
  }
}
