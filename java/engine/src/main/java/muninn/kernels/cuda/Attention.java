package muninn.kernels.cuda;

import muninn.cuda.Context;
import muninn.cuda.Stream;
import muninn.kernels.KvSlot;

/** Paged attention. */
@SuppressWarnings("unused") // until its kernels are there
final class Attention {
  private final Context context;
  private final Stream stream;
  private final Kernels kernels;

  Attention(Context context, Stream stream, Kernels kernels) {
    this.context = context;
    this.stream = stream;
    this.kernels = kernels;
  }

  void attend(
      CudaLanes lanes,
      CudaBuffer q,
      CudaSequences sequences,
      CudaKvCache cache,
      KvSlot slot,
      CudaBuffer out) {
    throw new UnsupportedOperationException("no kernel yet");
  }
}
