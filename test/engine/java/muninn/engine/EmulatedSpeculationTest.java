package muninn.engine;

import org.junit.jupiter.api.Tag;

/** Speculation through the CUDA kernels, in float32. */
@Tag("emulated")
class EmulatedSpeculationTest extends SpeculationTest {
  @Override
  DeviceOptions device() {
    return Emulated.device("float32");
  }

  @Override
  int requests() {
    return 12; // a tick of the emulated device takes tens of milliseconds
  }

  @Override
  int stride() {
    return 150;
  }
}
