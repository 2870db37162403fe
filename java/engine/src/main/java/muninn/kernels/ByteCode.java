package muninn.kernels;

/**
 * What a byte of a {@link Format.Scaled} format says. A row is coded by its greatest number: that
 * becomes the code's greatest, and the row's scale is what brings it back. What a row's codes and
 * scale are depends on the row alone, and a row that is not finite stays so.
 */
public enum ByteCode {
  /** A number of {@link Fp8}. */
  E4M3("fp8", Fp8.MOST) {
    @Override
    public float decode(byte code) {
      return Fp8.number(code);
    }

    @Override
    byte encode(float value) {
      return Fp8.code(value);
    }
  },

  /** A whole number from −127 to 127. */
  INT8("int8", 127) {
    @Override
    public float decode(byte code) {
      return code;
    }

    @Override
    byte encode(float value) {
      // adding 1.5 · 2^23 leaves the nearest whole number, of two as near the even one, below
      return (byte) Float.floatToRawIntBits(value + 0x1.8p23f);
    }
  };

  private static final float LEAST_ROW = 0x1p-100f; // below, a row counts as zeros

  private final String label;
  private final float greatest;

  ByteCode(String label, float greatest) {
    this.label = label;
    this.greatest = greatest;
  }

  /** As options name the format. */
  public String label() {
    return label;
  }

  /** The number that a code stands for, before it is scaled. */
  public abstract float decode(byte code);

  /** The code nearest to a number that is no greater than the greatest, but for rounding. */
  abstract byte encode(float value);

  /**
   * Codes a row.
   *
   * @param codes {@code [count]}
   * @return the row's scale: {@code row[i] ≈ scale · decode(codes[i])}
   */
  public float encode(float[] row, int from, int count, byte[] codes) {
    float most = 0;
    for (int i = from; i < from + count; i++) {
      most = Math.max(most, Math.abs(row[i]));
    }
    boolean zeros = most < LEAST_ROW;
    float factor = zeros ? 0 : greatest / most;
    for (int i = 0; i < count; i++) {
      codes[i] = encode(row[from + i] * factor);
    }
    return zeros ? 0 : most / greatest;
  }
}
