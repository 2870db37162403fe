package muninn.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.kernels.CodedRows;
import muninn.kernels.Format.Coded;
import muninn.kernels.Format.Encoding;
import muninn.kernels.Fp8;
import muninn.kernels.Stored;

/**
 * A matrix that several tensors of a checkpoint hold together, as compressed-tensors writes it: its
 * codes, their scales, and zero points where it has them. Its rows are put together as they are
 * read. Safe for use by several threads.
 *
 * @param name of the matrix, {@code ….weight}
 * @param codes int4 eight in an int32, the first in the lowest bits; int8 four in an int32, 128
 *     above what they are, or as they are; fp8 as they are
 * @param scales {@code [rows, groups]}, or fewer where a row or all of the matrix has one
 * @param shape rows and columns, where codes are in words; else null
 * @param zeros of int4, {@code [rows / 8, groups]}, of eight rows in an int32; null where all are 8
 */
record CodedTensor(
    String name,
    Coded format,
    int rows,
    int columns,
    Tensor codes,
    Tensor scales,
    Tensor zeros,
    Tensor shape)
    implements Stored.Bytes {
  private static final int SYMMETRIC = 8;
  private static final int FLIP = 0x80;
  private static final ValueLayout.OfInt WORD =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** All of them. */
  List<Tensor> parts() {
    return Stream.of(codes, scales, zeros, shape).filter(Objects::nonNull).toList();
  }

  /** What they take in files. */
  long bytes() {
    return parts().stream().mapToLong(Tensor::bytes).sum();
  }

  /** Bytes of a row's codes in the file, which may go beyond the last. */
  private long storedRowBytes() {
    return codes.bytes() / rows;
  }

  /**
   * @throws UserException when a scale is no number, or a code stands for none
   */
  @Override
  public void read(long from, MemorySegment to) {
    long rowBytes = format.rowBytes(columns);
    int first = Math.toIntExact(from / rowBytes);
    int count = Math.toIntExact(to.byteSize() / rowBytes);
    byte[] stored = new byte[Math.toIntExact(storedRowBytes())];
    byte[] row = new byte[columns];
    CodedRows rows = new CodedRows(format, columns, to.fill((byte) 0));
    for (int r = 0; r < count; r++) {
      codes.stored().read((first + r) * storedRowBytes(), MemorySegment.ofArray(stored));
      unpack(stored, row);
      rows.setCodes(r, row);
      for (int g = 0; g < format.groups(columns); g++) {
        rows.setScale(r, g, scale(first + r, g));
        if (format.hasZeros()) {
          rows.setZero(r, g, zero(first + r, g));
        }
      }
    }
  }

  private void unpack(byte[] stored, byte[] row) {
    boolean flip = format.encoding() == Encoding.INT8 && codes.type() == TensorType.I32;
    for (int i = 0; i < columns; i++) {
      row[i] =
          switch (format.encoding()) {
            case INT4 -> (byte) (stored[i / 2] >> 4 * (i % 2) & 0xF);
            case INT8 -> (byte) (flip ? stored[i] ^ FLIP : stored[i]);
            case FP8 -> number(stored[i]);
          };
    }
  }

  private byte number(byte code) {
    if (!Fp8.isNumber(code)) {
      throw UserException.of(
          "%s: tensor %s holds a code that is no number, wanted numbers alone; the file is damaged:"
              + " download it again, or use another checkpoint",
          codes.file(), codes.name());
    }
    return code;
  }

  private float scale(int row, int group) {
    long count = scales.elements();
    long index = count == 1 ? 0 : count == rows ? row : (long) row * format.groups(columns) + group;
    float scale = scales.element(index);
    if (!Float.isFinite(scale)) {
      throw UserException.of(
          "%s: tensor %s holds the scale %s in row %d, wanted finite numbers; the file is damaged,"
              + " or its making failed: download it again, or use another checkpoint",
          scales.file(), scales.name(), scale, row);
    }
    return scale;
  }

  private int zero(int row, int group) {
    if (zeros == null) {
      return SYMMETRIC;
    }
    long word = (long) (row / 8) * format.groups(columns) + group;
    return zeros.data().get(WORD, word * Integer.BYTES) >>> 4 * (row % 8) & 0xF;
  }
}
