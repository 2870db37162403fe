package muninn.kernels.cuda;

/** Root-mean-square norms. */
@SuppressWarnings("unused") // until its kernels are there
final class Norms {
  private final Kernels kernels;

  Norms(Kernels kernels) {
    this.kernels = kernels;
  }

  void norm(CudaLanes lanes, CudaBuffer x, CudaBuffer weight, float eps, CudaBuffer out) {
    throw new UnsupportedOperationException("no kernel yet");
  }

  void gather(CudaLanes lanes, CudaBuffer x, CudaBuffer weight, float eps, CudaBuffer out) {
    throw new UnsupportedOperationException("no kernel yet");
  }

  void normNorm(
      CudaLanes lanes,
      CudaBuffer y,
      CudaBuffer after,
      CudaBuffer x,
      CudaBuffer before,
      float eps,
      CudaBuffer out) {
    throw new UnsupportedOperationException("no kernel yet");
  }
}
