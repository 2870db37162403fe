package muninn.kernels;

/** A weight matrix {@code [rows, columns]}, {@code [out, in]}, laid out as its device wants it. */
public interface Weights {
  /** Elements of a result. */
  int rows();

  /** Elements of an operand. */
  int columns();

  /** What its elements are kept in. */
  Format format();

  /** What all of it takes. */
  default long bytes() {
    return format().bytes(rows(), columns());
  }
}
