package muninn.kernels;

/** A weight matrix {@code [rows, columns]}, {@code [out, in]}, laid out as its device wants it. */
public interface Weights {
  int rows();

  int columns();

  Format format();

  /** What all of it takes. */
  default long bytes() {
    return format().bytes(rows(), columns());
  }
}
