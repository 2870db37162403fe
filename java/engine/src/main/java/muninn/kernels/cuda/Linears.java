package muninn.kernels.cuda;

import muninn.cuda.Context;
import muninn.cuda.Stream;
import muninn.kernels.KvSlot;

/** Linear products with what comes before and after them. */
@SuppressWarnings("unused") // until its kernels are there
final class Linears {
  private final Context context;
  private final Stream stream;
  private final Kernels kernels;
  private final CudaOptions options;

  Linears(Context context, Stream stream, Kernels kernels, CudaOptions options) {
    this.context = context;
    this.stream = stream;
    this.kernels = kernels;
    this.options = options;
  }

  void adapter(CudaLanes lanes, CudaBuffer s, CudaBuffer e, CudaWeights weights, CudaBuffer x) {
    throw new UnsupportedOperationException("no kernel yet");
  }

  void queryKeyValue(
      CudaLanes lanes,
      CudaBuffer x,
      CudaWeights weights,
      CudaBuffer bias,
      CudaBuffer rope,
      CudaSequences sequences,
      CudaKvCache cache,
      KvSlot slot,
      CudaBuffer q) {
    throw new UnsupportedOperationException("no kernel yet");
  }

  void linearAdd(
      CudaLanes lanes, CudaBuffer x, CudaWeights weights, CudaBuffer residual, CudaBuffer out) {
    throw new UnsupportedOperationException("no kernel yet");
  }

  void swiglu(CudaLanes lanes, CudaBuffer x, CudaWeights weights, CudaBuffer out) {
    throw new UnsupportedOperationException("no kernel yet");
  }

  void linear(CudaLanes lanes, CudaBuffer x, CudaWeights weights, CudaBuffer out) {
    throw new UnsupportedOperationException("no kernel yet");
  }
}
