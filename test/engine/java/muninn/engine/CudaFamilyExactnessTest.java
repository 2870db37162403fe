package muninn.engine;

import org.junit.jupiter.api.Tag;

/** The same through the CUDA kernels, in bfloat16. */
@Tag("gpu")
class CudaFamilyExactnessTest extends FamilyExactnessTest {
  @Override
  EngineOptions options() {
    return new EngineOptions(OnCuda.device("bfloat16"), 64, 16, 8, 64L << 20);
  }
}
