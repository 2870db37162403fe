package muninn.engine;

import org.junit.jupiter.api.Tag;

/** The same through the CUDA kernels: the emulated device in float32. */
@Tag("emulated")
class EmulatedGoldenTest extends GoldenTest {
  @Override
  EngineOptions options() {
    return new EngineOptions(Emulated.device("float32"), 64, 4, 32, 64L << 20);
  }
}
