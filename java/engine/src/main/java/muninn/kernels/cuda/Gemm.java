package muninn.kernels.cuda;

import java.util.List;

/**
 * A matrix library's product on one stream, {@code out[m, n] = Σ_k x[m, k] · w[n, k]}, plus {@code
 * addend[m, n]} where the shape says so: bfloat16 operands, float32 sums, and a result (with what
 * is added to it) in float32 or rounded to bfloat16, as the shape says. It serves the linears of
 * many lanes, where it is faster than our own kernel. Which order it sums in depends on the shape,
 * so a lane's result depends on how many lanes there are.
 */
public interface Gemm extends AutoCloseable {
  /** Such as {@code cuBLASLt 12.6.4 (libcublasLt.so.12)}. */
  String name();

  /** What went less well than it could, such as a file that cannot be read; a sentence each. */
  default List<String> notes() {
    return List.of();
  }

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
   * @param addend address of what is added, of the result's type and shape, a multiple of 16; the
   *     result itself where that is to hold the sum, or where nothing is added
   * @param out address of the result, a multiple of 16
   * @throws IllegalStateException when the stream records and the shape is not prepared
   */
  void multiply(GemmShape shape, long x, long w, long addend, long out);

  /** The same with nothing added, or to what the result holds. */
  default void multiply(GemmShape shape, long x, long w, long out) {
    multiply(shape, x, w, out, out);
  }

  /** Frees what it holds on the device. */
  @Override
  void close();
}
