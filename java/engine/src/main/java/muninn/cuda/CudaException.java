package muninn.cuda;

/**
 * A driver call failed for a reason that a user cannot mend: a fault in this program or in a
 * kernel. After some errors (an illegal address, for one) every later call on the context fails the
 * same way, and only a new process helps.
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

  /** The driver's function, such as {@code cuStreamSynchronize}. */
  public String call() {
    return call;
  }

  /** The CUresult. */
  public int code() {
    return code;
  }
}
