package muninn.kernels.cuda;

import muninn.cuda.DeviceMemory;
import muninn.kernels.DType;

/** What opens a position, and moves rows. */
@SuppressWarnings("unused") // until its kernels are there
final class Tokens {
  private final Kernels kernels;

  Tokens(Kernels kernels) {
    this.kernels = kernels;
  }

  void embed(
      CudaLanes lanes,
      CudaWeights embedding,
      float scale,
      DeviceMemory sampled,
      CudaSequences sequences,
      CudaBuffer x) {
    throw new UnsupportedOperationException("no kernel yet");
  }

  void initialState(CudaLanes lanes, float sigma, CudaSequences sequences, CudaBuffer s) {
    throw new UnsupportedOperationException("no kernel yet");
  }

  void scatter(CudaLanes lanes, CudaBuffer x, CudaBuffer out) {
    throw new UnsupportedOperationException("no kernel yet");
  }

  void copyRows(CudaLanes lanes, CudaBuffer from, CudaBuffer to) {
    throw new UnsupportedOperationException("no kernel yet");
  }

  void clearRows(CudaLanes lanes, CudaBuffer to) {
    throw new UnsupportedOperationException("no kernel yet");
  }

  /** {@code to[start + i] = from[i]}, in another type. */
  void convert(
      DType fromType, DeviceMemory from, DType toType, DeviceMemory to, long start, long count) {
    throw new UnsupportedOperationException("no kernel yet");
  }
}
