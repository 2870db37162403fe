package muninn.kernels.cuda;

import muninn.cuda.EmulatedCounters;
import muninn.kernels.LaunchCounters;

/** What the emulated device counts, as a device offers it. */
record Counters(EmulatedCounters emulated) implements LaunchCounters {
  @Override
  public void begin(int blocks, boolean alone) {
    emulated.begin(blocks, alone);
  }

  @Override
  public String end() {
    return emulated.end();
  }
}
