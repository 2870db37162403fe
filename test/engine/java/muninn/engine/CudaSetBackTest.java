package muninn.engine;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;

/** The same through the CUDA kernels, in float32. */
@Tag("gpu")
class CudaSetBackTest extends SetBackTest {
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Integer.getInteger("muninn.mixtures", 1));
  }

  @Override
  DeviceOptions device() {
    return OnCuda.device("float32");
  }

  @Override
  int requests() {
    return 10; // a tick of the emulated device takes tens of milliseconds
  }
}
