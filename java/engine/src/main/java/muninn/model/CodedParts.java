package muninn.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.kernels.CodedRows;
import muninn.kernels.DType;
import muninn.kernels.Format.Coded;
import muninn.kernels.Format.Encoding;
import muninn.model.SafetensorsWriter.Block;

/**
 * The tensors that compressed-tensors holds a coded matrix in: the other way round from {@link
 * CodedTensor}.
 */
final class CodedParts {
  private static final int PER_WORD = 8; // codes of 4 bits

  private CodedParts() {}

  /**
   * What is written for a matrix.
   *
   * @param name {@code M.weight}
   * @param coded all of its rows, made when the first of the tensors is written
   */
  static List<Block> of(
      String name, Coded format, int rows, int columns, Supplier<CodedRows> coded) {
    int groups = format.groups(columns);
    boolean packed = format.encoding() != Encoding.FP8;
    int perWord = Integer.SIZE / format.encoding().bits();
    List<Block> blocks = new ArrayList<>();
    blocks.add(
        new Block(
            packed ? name + CodedTensors.PACKED : name,
            packed ? TensorType.I32 : TensorType.F8_E4M3,
            List.of(rows, packed ? Math.ceilDiv(columns, perWord) : columns),
            each(rows, row -> codes(coded.get(), row))));
    blocks.add(
        new Block(
            name + CodedTensors.SCALE,
            format.scaleBytes() == Float.BYTES ? TensorType.F32 : TensorType.BF16,
            List.of(rows, groups),
            each(rows, row -> scales(coded.get(), row))));
    if (format.hasZeros()) {
      blocks.add(
          new Block(
              name + CodedTensors.ZERO,
              TensorType.I32,
              List.of(Math.ceilDiv(rows, PER_WORD), groups),
              each(Math.ceilDiv(rows, PER_WORD), word -> zeros(coded.get(), rows, word))));
    }
    if (packed) {
      byte[] shape = little(2 * Long.BYTES).putLong(rows).putLong(columns).array();
      blocks.add(
          new Block(name + CodedTensors.SHAPE, TensorType.I64, List.of(2), each(1, _ -> shape)));
    }
    return blocks;
  }

  private static Stream<byte[]> each(int count, IntFunction<byte[]> row) {
    return IntStream.range(0, count).mapToObj(row);
  }

  private static byte[] codes(CodedRows coded, int row) {
    int columns = coded.columns();
    byte[] codes = new byte[columns];
    coded.codes(row, codes, 0);
    return switch (coded.format().encoding()) {
      case FP8 -> codes;
      case INT8 -> {
        byte[] words = new byte[Math.ceilDiv(columns, Integer.BYTES) * Integer.BYTES];
        for (int i = 0; i < columns; i++) {
          words[i] = (byte) (codes[i] ^ 0x80);
        }
        yield words;
      }
      case INT4 -> {
        byte[] words = new byte[Math.ceilDiv(columns, PER_WORD) * Integer.BYTES];
        for (int i = 0; i < columns; i++) {
          words[i / 2] |= (byte) (codes[i] << 4 * (i % 2));
        }
        yield words;
      }
    };
  }

  private static byte[] scales(CodedRows coded, int row) {
    int groups = coded.format().groups(coded.columns());
    ByteBuffer bytes = little(groups * coded.format().scaleBytes());
    for (int g = 0; g < groups; g++) {
      float scale = coded.scale(row, g);
      if (coded.format().scaleBytes() == Float.BYTES) {
        bytes.putFloat(scale);
      } else {
        bytes.putShort(DType.bf16(scale));
      }
    }
    return bytes.array();
  }

  /** Of eight rows. */
  private static byte[] zeros(CodedRows coded, int rows, int index) {
    int groups = coded.format().groups(coded.columns());
    ByteBuffer bytes = little(groups * Integer.BYTES);
    for (int g = 0; g < groups; g++) {
      int word = 0;
      for (int i = 0; i < PER_WORD && index * PER_WORD + i < rows; i++) {
        word |= coded.zero(index * PER_WORD + i, g) << 4 * i;
      }
      bytes.putInt(word);
    }
    return bytes.array();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
