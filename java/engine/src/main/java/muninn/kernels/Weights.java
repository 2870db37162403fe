package muninn.kernels;

/** A weight matrix {@code [rows, columns]}, {@code [out, in]}, laid out as its device wants it. */
public interface Weights {
  int rows();

  int columns();

  /** What an element is stored as. */
  DType dtype();

  /** What all of it takes. */
  default long bytes() {
    return (long) rows() * columns() * dtype().bytes();
  }
}
