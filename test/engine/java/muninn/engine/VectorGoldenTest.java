package muninn.engine;

import muninn.kernels.cpu.WarmDevice;

/**
 * The CPU's vector instructions against the reference; a device that has just been opened uses
 * plain loops for as little as these cases take.
 */
class VectorGoldenTest extends GoldenTest {
  @Override
  Engine open(String checkpoint) {
    return Engine.open(Golden.folder(checkpoint), options(), () -> WarmDevice.open(0));
  }
}
