package muninn.kernels.cuda;

import muninn.cuda.DeviceMemory;
import muninn.kernels.DType;
import muninn.kernels.Weights;

/**
 * A weight matrix in device memory, row-major as checkpoints store it, in the device's element
 * type: one copy for our own products, for those of a matrix library, and for the embedding.
 */
record CudaWeights(DeviceMemory memory, DType dtype, int rows, int columns) implements Weights {

  static CudaWeights of(Weights weights) {
    return (CudaWeights) weights;
  }
}
