package planted.files;

import planted.kernels.cpu.CpuDevice;

/** Knows what is left of it. */
public final class Reader {
  public CpuDevice device;
}
