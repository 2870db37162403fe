package planted.engine;

import planted.kernels.cpu.CpuDevice;

/** Decides with the device at hand. */
public final class Planner {
  public CpuDevice device;
}
