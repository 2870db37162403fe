package muninn.kernels;

/**
 * How a matrix of weights, or a cache of keys and values, stores its elements. It belongs to the
 * tensor: a device has a type for what it multiplies, and may hold tensors of several formats.
 */
public sealed interface Format {
  /** Numbers of 32 bits. */
  Format F32 = new Plain(DType.F32);

  /** Numbers of 16 bits with the exponent of float32. */
  Format BF16 = new Plain(DType.BF16);

  /** As options name it, such as {@code bfloat16}. */
  String label();

  /** What so many elements take, with all that belongs to them. */
  default long bytes(long rows, long columns) {
    return rows * rowBytes(columns);
  }

  /** What a row of so many elements takes, with all that belongs to it. */
  long rowBytes(long columns);

  /** Elements that are numbers by themselves. */
  record Plain(DType type) implements Format {
    @Override
    public String label() {
      return type.label();
    }

    @Override
    public long rowBytes(long columns) {
      return columns * type.bytes();
    }

    @Override
    public String toString() {
      return label();
    }
  }

  /** What an element is coded as. */
  enum Encoding {
    /** −127 … 127, in two's complement. */
    INT8("int8", 8, 128),
    /** 0 … 15, less a zero point that its group has. */
    INT4("int4", 4, 32),
    /** e4m3, of numbers up to 448 ({@link Fp8}). */
    FP8("fp8", 8, Coded.ROW);

    private final String label;
    private final int bits;
    private final int usualGroup; // of a format that is named by the label alone

    Encoding(String label, int bits, int usualGroup) {
      this.label = label;
      this.bits = bits;
      this.usualGroup = usualGroup;
    }

    /** As options name it. */
    public String label() {
      return label;
    }

    /** The format that the label alone names. */
    public Coded usual() {
      return new Coded(this, usualGroup);
    }

    /** Of a code. */
    public int bits() {
      return bits;
    }
  }

  /**
   * Codes that become numbers by a scale, which neighbours in a row share. A product with a row
   * adds, group after group, the scale times the sum of its codes times operands.
   *
   * <p>A row is a run of bytes: its codes, of int4 eight in a word ({@link CodedRows#code}); from a
   * multiple of 32 on a scale a group, bfloat16, or float32 where the row is one group; of int4
   * from a multiple of 4 on the groups' zero points, two in a byte and the lower half first; then
   * zeros up to a multiple of 32 bytes, in which GPUs read memory. {@link CodedRows} reads and
   * writes it.
   *
   * @param group columns that share a scale; {@link #ROW} for all of a row
   */
  record Coded(Encoding encoding, int group) implements Format {
    /** A group of all columns. */
    public static final int ROW = 0;

    private static final int ALIGNMENT = 32;

    public Coded {
      if (!isGroup(group)) {
        throw new IllegalArgumentException("no group has " + group + " columns");
      }
    }

    /** Whether a scale may be of so many columns: a power of two from 8 on, or {@link #ROW}. */
    public static boolean isGroup(long columns) {
      return columns == ROW || columns >= 8 && columns <= 1 << 20 && Long.bitCount(columns) == 1;
    }

    /** With {@link #ROW} replaced by what it stands for. */
    public int group(int columns) {
      return group == ROW ? Math.max(1, columns) : group;
    }

    /** Scales of a row. */
    public int groups(int columns) {
      return group == ROW ? 1 : Math.ceilDiv(columns, group);
    }

    /** Of a scale: float32 where a row has one, else bfloat16. */
    public int scaleBytes() {
      return group == ROW ? Float.BYTES : Short.BYTES;
    }

    /** Whether a group has a zero point, which its codes are less. */
    public boolean hasZeros() {
      return encoding == Encoding.INT4;
    }

    /** Where a row's scales begin; its codes do at 0. */
    public long scalesAt(long columns) {
      return upTo(ALIGNMENT, (columns * encoding.bits() + 7) / 8);
    }

    /** Where a row's zero points begin, if it has any. */
    public long zerosAt(int columns) {
      return upTo(Integer.BYTES, scalesAt(columns) + (long) groups(columns) * scaleBytes());
    }

    @Override
    public long rowBytes(long columns) {
      int count = Math.toIntExact(columns);
      long end = zerosAt(count) + (hasZeros() ? (groups(count) + 1) / 2 : 0);
      return upTo(ALIGNMENT, end);
    }

    private static long upTo(int unit, long bytes) {
      return (bytes + unit - 1) / unit * unit;
    }

    @Override
    public String label() {
      if (group == encoding.usualGroup) {
        return encoding.label;
      }
      return encoding.label + (group == ROW ? "-row" : "-g" + group);
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
  record Scaled(ByteCode code) implements Format {
    @Override
    public String label() {
      return code.label();
    }

    @Override
    public long rowBytes(long columns) {
      return columns + Float.BYTES;
    }

    @Override
    public String toString() {
      return label();
    }
  }
}
