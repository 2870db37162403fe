package muninn.kernels;

/**
 * How a matrix of weights, or a cache of keys and values, stores its elements. It belongs to the
 * tensor: a device has a type for what it multiplies, and may hold tensors of several formats.
 */
public sealed interface Format {
  Format F32 = new Plain(DType.F32);
  Format BF16 = new Plain(DType.BF16);

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
}
