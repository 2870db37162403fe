package planted.cuda;

import planted.kernels.cpu.CpuDevice;

/** Knows what is left of it. */
public final class Driver {
  public CpuDevice device;
}
