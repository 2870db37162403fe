package muninn.kernels;

/**
 * Device-resident activations, {@code [rows, columns]}: float32, or of the type that the device
 * multiplies ({@link Device#operand}). The host never sees its address.
 */
public interface Buffer {
  int rows();

  int columns();

  /** What an element is stored as. */
  DType dtype();
}
