package muninn.kernels.cuda;

import java.util.Locale;

/**
 * The shape of a product of a {@link Gemm}. Rows of operands start at multiples of 16 bytes, which
 * is 8 elements of bfloat16; results have no padding between their rows, and rows of any length.
 *
 * @param m rows of x and of the result: lanes
 * @param n rows of the weights, columns of the result
 * @param k columns of x and of the weights
 * @param xPitch elements from one row of x to the next; a multiple of 8, at least k
 * @param wPitch elements from one row of the weights to the next; a multiple of 8, at least k
 * @param accumulate whether something of the result's shape is added to the product
 * @param rounded whether the result is bfloat16, else float32
 */
public record GemmShape(
    int m, int n, int k, int xPitch, int wPitch, boolean accumulate, boolean rounded) {
  /** What addresses and the pitches of operands are multiples of, in bytes. */
  public static final int ALIGNMENT = 16;

  private static final int OPERAND_BYTES = 2;

  public GemmShape {
    if (m < 1 || n < 1 || k < 1) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "a product of %d × %d rows of %d columns", m, n, k));
    }
    requirePitch("x", xPitch, k);
    requirePitch("w", wPitch, k);
  }

  /** Operands without padding between their rows. */
  public static GemmShape of(int m, int n, int k) {
    return new GemmShape(m, n, k, k, k, false, false);
  }

  /** With an addend of the result's shape. */
  public GemmShape accumulating() {
    return new GemmShape(m, n, k, xPitch, wPitch, true, rounded);
  }

  /** With a result that is rounded to bfloat16. */
  public GemmShape rounding() {
    return new GemmShape(m, n, k, xPitch, wPitch, accumulate, true);
  }

  /** Of x, from its first to its last element. */
  public long xBytes() {
    return operandBytes(m, xPitch);
  }

  /** Of the weights, from their first to their last element. */
  public long wBytes() {
    return operandBytes(n, wPitch);
  }

  /** Of the result, which has no padding. */
  public long outBytes() {
    return (long) m * n * (rounded ? OPERAND_BYTES : Float.BYTES);
  }

  private long operandBytes(int rows, int pitch) {
    return ((long) (rows - 1) * pitch + k) * OPERAND_BYTES;
  }

  /** What a library may rely on, since it is told so. */
  public static void requireAligned(long x, long w, long addend, long out) {
    if (((x | w | addend | out) & (ALIGNMENT - 1)) != 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "operands of a product at 0x%x, 0x%x, 0x%x and result at 0x%x; multiples of %d"
                  + " wanted",
              x,
              w,
              addend,
              out,
              ALIGNMENT));
    }
  }

  private static void requirePitch(String operand, int pitch, int k) {
    if (pitch < k || pitch * OPERAND_BYTES % ALIGNMENT != 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "rows of %s with %d columns every %d; a multiple of %d that is as large wanted",
              operand,
              k,
              pitch,
              ALIGNMENT / OPERAND_BYTES));
    }
  }
}
