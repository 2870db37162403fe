package muninn.kernels;

/**
 * Device-resident activations, {@code [rows, columns]}: float32, or of the type that the device
 * multiplies ({@link Device#operand}). The host never sees its address.
 */
public interface Buffer {
  /** Lanes that it has room for. */
  int rows();

  /** Elements of a lane. */
  int columns();

  /** What an element is stored as. */
  DType dtype();

  /** Whether a lane's row is its own ({@code row(m)}), not its place m in the table. */
  boolean isByRow();

  /** The same memory as what outlives a tick: a lane's row is its own. */
  Buffer byRow();
}
