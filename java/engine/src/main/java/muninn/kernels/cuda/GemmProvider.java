package muninn.kernels.cuda;

import muninn.cuda.Context;
import muninn.cuda.Stream;

/** Opens a matrix library where the machine has it; found by {@link java.util.ServiceLoader}. */
public interface GemmProvider {
  /** What a user calls it, such as {@code cublaslt}. */
  String name();

  /**
   * Opens the library for products on one stream of a context.
   *
   * @throws muninn.UserException when it is not there or does not work here, and why
   */
  Gemm open(Context context, Stream stream);
}
