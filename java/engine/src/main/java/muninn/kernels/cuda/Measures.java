package muninn.kernels.cuda;

import muninn.cuda.Context;
import muninn.cuda.Stream;
import muninn.kernels.LatentMeasures;
import muninn.kernels.OutputMeasures;

/** What exit rules go by. */
@SuppressWarnings("unused") // until its kernels are there
final class Measures {
  private final Context context;
  private final Stream stream;
  private final Kernels kernels;

  Measures(Context context, Stream stream, Kernels kernels) {
    this.context = context;
    this.stream = stream;
    this.kernels = kernels;
  }

  LatentMeasures latents(CudaLanes lanes, CudaBuffer s, CudaBuffer previous) {
    throw new UnsupportedOperationException("no kernel yet");
  }

  OutputMeasures outputs(CudaLanes lanes, CudaBuffer logits, CudaBuffer previous) {
    throw new UnsupportedOperationException("no kernel yet");
  }
}
