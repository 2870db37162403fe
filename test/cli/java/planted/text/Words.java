package planted.text;

import planted.kernels.cpu.CpuDevice;
import planted.model.Forward;

/** Knows what is left of it, and a device. */
public final class Words {
  public Forward forward;
  public CpuDevice device;
}
