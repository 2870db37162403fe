package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.FLOATS;
import static muninn.kernels.cpu.Linear.PANEL;
import static muninn.kernels.cpu.Linear.WIDTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import muninn.kernels.CodedRows;
import muninn.kernels.DType;
import muninn.kernels.Format;

/**
 * A panel of codes. Of each group of columns it holds the rows' scales, their zero points where the
 * format has them, and then the codes, column after column. Scales are bfloat16 as in a {@link
 * Bf16Panel}, two in a word, or float32 of a format with one a row.
 *
 * <p>A product adds up group after group: the sum of a group's numbers ({@link CodedRows#number})
 * times operands is one chain of fused multiply-adds over its columns in order, from zero, and goes
 * into the product by another one, times the scale. So a code costs a conversion and an addition,
 * and its scale nothing.
 */
sealed interface CodedPanel extends Panel permits BytePanel, Int4Panel {
  VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);

  /**
   * A byte for each element of a vector of floats; at least the eight that Java has vectors for.
   */
  VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, Byte.SIZE * WIDTH)));

  @Override
  Format.Coded format();

  /**
   * Products with one lane.
   *
   * @param x where its operands are, from {@code x0} on
   * @param products {@code [PANEL]}
   */
  void multiply(MemorySegment panel, int columns, float[] x, int x0, float[] products);

  /** Bytes of a column's codes. */
  int columnBytes();

  /**
   * Numbers of some columns of one group, which scales make weights.
   *
   * @param to {@code [end − from, PANEL]}
   */
  void numbers(MemorySegment panel, int columns, int from, int end, float[] to);

  /**
   * The same in plain loops.
   *
   * @param codes of these columns
   */
  void plainNumbers(MemorySegment panel, int columns, int from, int end, byte[] codes, float[] to);

  /** What comes before a group's codes. */
  default int headBytes() {
    return PANEL * format().scaleBytes() + (format().hasZeros() ? WIDTH : 0);
  }

  /** Where a group is. */
  default long group(int columns, int index) {
    return index * (headBytes() + (long) format().group(columns) * columnBytes());
  }

  /** Where a column's codes are. */
  default long column(int columns, int index) {
    int group = index / format().group(columns);
    return (group + 1L) * headBytes() + (long) index * columnBytes();
  }

  @Override
  default long bytes(int columns) {
    // The last column's vector may be longer than what there is of it.
    return (long) format().groups(columns) * headBytes()
        + (long) columns * columnBytes()
        + (BYTES.length() - WIDTH);
  }

  @Override
  default void pack(Rows rows, MemorySegment panel, PackingRoom room) {
    CodedRows coded = rows.coded();
    int columns = rows.columns();
    for (int r = 0; r < rows.count(); r++) {
      int row = rows.first() + r;
      for (int g = 0; g < format().groups(columns); g++) {
        setScale(panel, group(columns, g), row, coded.scale(r, g));
        if (format().hasZeros()) {
          long zeros = group(columns, g) + (long) PANEL * format().scaleBytes();
          setHalf(panel, zeros, row, coded.zero(r, g));
        }
      }
    }
    byte[] codes = room.bytes(rows.count() * columns);
    for (int r = 0; r < rows.count(); r++) {
      coded.codes(r, codes, r * columns);
    }
    for (int from = 0; from < columns; ) {
      int end = endOfTile(columns, from);
      byte[] tile = room.tileBytes;
      int bytes = (end - from) * columnBytes();
      MemorySegment.copy(panel, ValueLayout.JAVA_BYTE, column(columns, from), tile, 0, bytes);
      for (int r = 0; r < rows.count(); r++) {
        for (int c = from; c < end; c++) {
          put(tile, (c - from) * columnBytes(), rows.first() + r, codes[r * columns + c]);
        }
      }
      MemorySegment.copy(tile, 0, panel, ValueLayout.JAVA_BYTE, column(columns, from), bytes);
      from = end;
    }
  }

  /** Of some columns that lie together, all of one group. */
  default int endOfTile(int columns, int from) {
    int group = format().group(columns);
    int end = Math.min(columns, (from / group + 1) * group);
    return Math.min(end, from + PackingRoom.TILE);
  }

  /** Puts a code where it belongs in a column, which begins there. */
  default void put(byte[] tile, int column, int row, byte code) {
    tile[column + row] = code;
  }

  /** Of a group, by row. */
  default float scale(MemorySegment panel, long group, int row) {
    return format().scaleBytes() == Float.BYTES
        ? DType.F32.read(panel.asSlice(group), row)
        : DType.BF16.read(panel.asSlice(group), 2 * (row % WIDTH) + row / WIDTH);
  }

  private void setScale(MemorySegment panel, long group, int row, float scale) {
    if (format().scaleBytes() == Float.BYTES) {
      panel.set(Scales.FLOAT, group + 4L * row, scale);
    } else {
      panel.set(Scales.SHORT, group + 4L * (row % WIDTH) + 2L * (row / WIDTH), DType.bf16(scale));
    }
  }

  /** Of two rows in a byte, the first of the panel's lower half of rows. */
  static int half(MemorySegment panel, long at, int row) {
    return panel.get(ValueLayout.JAVA_BYTE, at + row % WIDTH) >> 4 * (row / WIDTH) & 0xF;
  }

  private static void setHalf(MemorySegment panel, long at, int row, int value) {
    int shift = 4 * (row / WIDTH);
    int other = panel.get(ValueLayout.JAVA_BYTE, at + row % WIDTH) & 0xF0 >> shift;
    panel.set(ValueLayout.JAVA_BYTE, at + row % WIDTH, (byte) (other | value << shift));
  }

  /** How scales lie in memory. */
  final class Scales {
    static final ValueLayout.OfFloat FLOAT =
        ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT =
        ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Scales() {}
  }

  /** Scales of the first vector of rows. */
  static FloatVector firstScales(MemorySegment panel, long at, boolean single) {
    return single
        ? FloatVector.fromMemorySegment(FLOATS, panel, at, ByteOrder.LITTLE_ENDIAN)
        : words(panel, at).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  /** Scales of the second. */
  static FloatVector secondScales(MemorySegment panel, long at, boolean single) {
    return single
        ? FloatVector.fromMemorySegment(FLOATS, panel, at + 4L * WIDTH, ByteOrder.LITTLE_ENDIAN)
        : words(panel, at).lanewise(VectorOperators.AND, 0xFFFF0000).reinterpretAsFloats();
  }

  private static IntVector words(MemorySegment panel, long at) {
    return IntVector.fromMemorySegment(INTS, panel, at, ByteOrder.LITTLE_ENDIAN);
  }

  /** A byte for each row of a column's first vector of rows, or of all where vectors are short. */
  static ByteVector bytes(MemorySegment panel, long at) {
    return ByteVector.fromMemorySegment(BYTES, panel, at, ByteOrder.LITTLE_ENDIAN);
  }
}
