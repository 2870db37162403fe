package planted.model;

import planted.engine.Ticks;
import planted.kernels.cpu.CpuDevice;

/** Knows what is left of it, and one particular device. */
public final class Forward {
  public Ticks ticks;
  public CpuDevice device;
}
