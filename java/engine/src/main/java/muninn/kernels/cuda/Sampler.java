package muninn.kernels.cuda;

import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Stream;
import muninn.kernels.Samples;

/** Draws tokens. */
@SuppressWarnings("unused") // until its kernels are there
final class Sampler {
  private final Context context;
  private final Stream stream;
  private final Kernels kernels;

  Sampler(Context context, Stream stream, Kernels kernels) {
    this.context = context;
    this.stream = stream;
    this.kernels = kernels;
  }

  Samples sample(
      CudaLanes lanes, CudaBuffer logits, CudaSequences sequences, DeviceMemory sampled) {
    throw new UnsupportedOperationException("no kernel yet");
  }
}
