package muninn.kernels.cpu;

import muninn.kernels.Sampled;

/** Token ids by row, on the heap. */
record CpuSampled(int[] tokens) implements Sampled {

  static CpuSampled of(Sampled sampled) {
    return (CpuSampled) sampled;
  }
}
