package muninn.kernels;

/** A weight matrix where its device wants it; {@code [rows, columns]}, row-major, {@code [out, in]}. */
public interface Weights {
  int rows();

  int columns();
}
