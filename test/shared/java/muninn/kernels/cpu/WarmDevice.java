package muninn.kernels.cpu;

import muninn.kernels.Device;

/** The CPU as if it had been at work for a while: vectors from the first product on. */
public final class WarmDevice {
  private WarmDevice() {}

  /**
   * @param threads 0 takes all cores
   */
  public static Device open(int threads) {
    return new CpuDevice(threads, ColdStart.none());
  }
}
