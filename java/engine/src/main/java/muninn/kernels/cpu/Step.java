package muninn.kernels.cpu;

/** An operation of a program made ready: done when the call returns. */
interface Step {
  void run(CpuLanes lanes);
}
