package muninn.kernels;

/**
 * Device-resident float32 activations, {@code [rows, columns]}. The host never sees its address.
 */
public interface Buffer {
  int rows();

  int columns();
}
