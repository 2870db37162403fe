package muninn.engine;

import org.junit.jupiter.api.Tag;

/** Mixtures of everything through the CUDA kernels, in float32. */
@Tag("gpu")
class CudaMixtureTest extends MixtureTest {
  @Override
  DeviceOptions device() {
    return OnCuda.device("float32");
  }

  @Override
  int requests() {
    return 8; // a tick of the emulated device takes tens of milliseconds
  }
}
