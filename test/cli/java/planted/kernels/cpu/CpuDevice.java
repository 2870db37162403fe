package planted.kernels.cpu;

import java.lang.foreign.Linker;
import planted.cuda.Driver;
import planted.model.Forward;

/** Knows what is left of it, the other device, and calls native code itself. */
public final class CpuDevice {
  public Forward forward;
  public Driver driver;
  public Linker linker;
}
