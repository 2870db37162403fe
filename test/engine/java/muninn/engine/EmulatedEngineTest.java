package muninn.engine;

import org.junit.jupiter.api.Tag;

/** The same promises on the CUDA device, with bfloat16 weights, keys and values, as GPUs run it. */
@Tag("emulated")
class EmulatedEngineTest extends EngineTest {
  @Override
  DeviceOptions device(int threads) {
    return Emulated.device("bfloat16");
  }

  @Override
  int requests() {
    return 10; // a tick of the emulated device takes tens of milliseconds
  }
}
