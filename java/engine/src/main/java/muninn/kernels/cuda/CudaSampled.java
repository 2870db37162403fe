package muninn.kernels.cuda;

import muninn.cuda.DeviceMemory;
import muninn.kernels.Sampled;

/** Token ids by row, in device memory. */
record CudaSampled(DeviceMemory memory) implements Sampled {

  /** Where they lie. */
  static DeviceMemory of(Sampled sampled) {
    return ((CudaSampled) sampled).memory();
  }
}
