package muninn.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Rows of a {@link Format.Coded} matrix, one below the other, as {@link Stored} hands them to
 * devices.
 *
 * @param data {@code rows · format.rowBytes(columns)} bytes
 */
public record CodedRows(Format.Coded format, int columns, MemorySegment data) {
  private static final ValueLayout.OfFloat SINGLE =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt WORD =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int EIGHT = 8; // codes of four bits in a word

  private long row(int row) {
    return row * format.rowBytes(columns);
  }

  /**
   * What is stored of an element: its code as it is, unsigned. Of eight codes of four bits in a
   * word, those of even columns are in the lower half of its bits, from the lowest on, and each
   * one's successor is 16 bits above it: so a GPU takes two at once.
   */
  public int code(int row, int column) {
    return format.encoding() == Format.Encoding.INT4
        ? half(row(row), place(column))
        : data.get(ValueLayout.JAVA_BYTE, row(row) + column) & 0xFF;
  }

  /** What a scale makes an element: a code less its zero point, or the number it stands for. */
  public float number(int row, int column) {
    int code = code(row, column);
    return switch (format.encoding()) {
      case INT8 -> (byte) code;
      case INT4 -> code - zero(row, column / format.group(columns));
      case FP8 -> Fp8.number(code);
    };
  }

  /** What the codes of a group are multiplied by. */
  public float scale(int row, int group) {
    long at = row(row) + format.scalesAt(columns) + (long) group * format.scaleBytes();
    return format.scaleBytes() == Float.BYTES
        ? data.get(SINGLE, at)
        : Float.intBitsToFloat(data.get(HALF, at) << 16);
  }

  /** 0 where the format has none. */
  public int zero(int row, int group) {
    return format.hasZeros() ? half(row(row) + format.zerosAt(columns), group) : 0;
  }

  /** An element, as near as float32 comes. */
  public float value(int row, int column) {
    return number(row, column) * scale(row, column / format.group(columns));
  }

  /**
   * All codes of a row, as {@link #code} has them.
   *
   * @param to a byte each, from {@code at} on
   */
  public void codes(int row, byte[] to, int at) {
    if (format.encoding() != Format.Encoding.INT4) {
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, row(row), to, at, columns);
    } else {
      for (int i = 0; i < columns; i += EIGHT) {
        int word = data.get(WORD, row(row) + i / 2);
        for (int k = 0; k < Math.min(EIGHT, columns - i); k++) {
          to[at + i + k] = (byte) (word >> 4 * place(k) & 0xF);
        }
      }
    }
  }

  /** Sets them all. */
  public void setCodes(int row, byte[] codes) {
    if (format.encoding() != Format.Encoding.INT4) {
      MemorySegment.copy(codes, 0, data, ValueLayout.JAVA_BYTE, row(row), columns);
      return;
    }
    for (int i = 0; i < columns; i += EIGHT) {
      int word = 0;
      for (int k = 0; k < Math.min(EIGHT, columns - i); k++) {
        word |= codes[i + k] << 4 * place(k);
      }
      data.set(WORD, row(row) + i / 2, word);
    }
  }

  /** Where the code of a column is among halves of bytes. */
  private static int place(int column) {
    return column / EIGHT * EIGHT + column % EIGHT / 2 + column % 2 * (EIGHT / 2);
  }

  /**
   * Sets a scale, rounded to what it is kept in.
   *
   * @return what it is now
   */
  public float setScale(int row, int group, float scale) {
    long at = row(row) + format.scalesAt(columns) + (long) group * format.scaleBytes();
    if (format.scaleBytes() == Float.BYTES) {
      data.set(SINGLE, at, scale);
    } else {
      data.set(HALF, at, DType.bf16(scale));
    }
    return scale(row, group);
  }

  /**
   * @param zero 0 … 15
   */
  public void setZero(int row, int group, int zero) {
    setHalf(row(row) + format.zerosAt(columns), group, zero);
  }

  private int half(long at, int index) {
    return data.get(ValueLayout.JAVA_BYTE, at + index / 2) >> 4 * (index % 2) & 0xF;
  }

  private void setHalf(long at, int index, int value) {
    int shift = 4 * (index % 2);
    int other = data.get(ValueLayout.JAVA_BYTE, at + index / 2) & 0xF0 >> shift;
    data.set(ValueLayout.JAVA_BYTE, at + index / 2, (byte) (other | value << shift));
  }
}
