package muninn.kernels.cuda;

/**
 * A matrix library's product on one stream, {@code out[m, n] = Σ_k x[m, k] · w[n, k]} (added to
 * what {@code out} holds where the shape says so): bfloat16 operands, float32 sums and result. It
 * serves the linears of many lanes, where it is faster than our own kernel. Which order it sums in
 * depends on the shape, so a lane's result depends on how many lanes there are.
 */
public interface Gemm extends AutoCloseable {
  /** Such as {@code cuBLASLt 12.6.4 (libcublasLt.so.12)}. */
  String name();

  /**
   * Makes ready for a shape, which may try several ways to compute it on the device, and waits for
   * that. A shape must be prepared before a stream records a product of it. Doing it twice costs
   * nothing.
   */
  void prepare(GemmShape shape);

  /**
   * Enqueues a product. A shape that is not prepared is, unless the stream records.
   *
   * @param x address of the lanes' rows, bfloat16, a multiple of 16
   * @param w address of the weights, bfloat16, a multiple of 16
   * @param out address of the result, float32, a multiple of 16
   * @throws IllegalStateException when the stream records and the shape is not prepared
   */
  void multiply(GemmShape shape, long x, long w, long out);

  /** Frees what it holds on the device. */
  @Override
  void close();
}
