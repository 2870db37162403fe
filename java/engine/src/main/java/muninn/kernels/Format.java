package muninn.kernels;

/**
 * How a matrix of weights, or a cache of keys and values, stores its elements. It belongs to the
 * tensor: a device has a type for what it multiplies, and may hold tensors of several formats.
 */
public sealed interface Format {
  Format F32 = new Plain(DType.F32);
  Format BF16 = new Plain(DType.BF16);
  Format FP8 = new Scaled(Code.E4M3);
  Format INT8 = new Scaled(Code.INT8);

  /** As options name it, such as {@code bfloat16}. */
  String label();

  /** What so many elements take, with all that belongs to them. */
  long bytes(long rows, long columns);

  /** Elements that are numbers by themselves. */
  record Plain(DType type) implements Format {
    @Override
    public String label() {
      return type.label();
    }

    @Override
    public long bytes(long rows, long columns) {
      return rows * columns * type.bytes();
    }

    @Override
    public String toString() {
      return label();
    }
  }

  /**
   * A byte an element and a float32 scale a row. Of keys and values a row is what one head of one
   * position has: it is written once and whole, so its scale never changes afterwards, and does not
   * depend on what else its page holds or when that came.
   */
  record Scaled(Code code) implements Format {
    @Override
    public String label() {
      return code.label();
    }

    @Override
    public long bytes(long rows, long columns) {
      return rows * (columns + Float.BYTES);
    }

    @Override
    public String toString() {
      return label();
    }
  }
}
