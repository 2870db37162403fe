package muninn.cuda;

/**
 * A call of the driver or of cuBLAS failed for a reason that a user cannot mend: a fault in this
 * program or in a kernel. After some errors (an illegal address, for one) every later call on the
 * context fails the same way, and only a new process helps.
 */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String call;
  private final int code;

  CudaException(String call, int code, String message) {
    super(message);
    this.call = call;
    this.code = code;
  }

  /** The function, such as {@code cuStreamSynchronize}. */
  public String call() {
    return call;
  }

  /** The CUresult, or the cublasStatus_t where the function is one of cuBLAS. */
  public int code() {
    return code;
  }
}
