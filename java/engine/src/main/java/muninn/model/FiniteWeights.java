package muninn.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import muninn.UserException;
import muninn.kernels.DType;

/**
 * Finds weights that are not numbers while they pass by on their way to a device. Of NaN and the
 * infinities all bits of the exponent are ones, and only of these: one more in the lowest of them
 * carries into the sign.
 */
final class FiniteWeights {
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  // Looked at together: a loop over an array is fast from its first pass on, over a segment not
  // before C2 has compiled it.
  private static final int WORDS = 1024;

  private FiniteWeights() {}

  /**
   * Refuses elements that are not numbers.
   *
   * @param data whole elements of the tensor
   */
  static void require(Tensor tensor, MemorySegment data) {
    DType dtype = tensor.dtype();
    long exponent = everywhere(dtype, exponent(dtype));
    long lowest = exponent & ~(exponent << 1);
    long signs = everywhere(dtype, 1L << (8 * dtype.bytes() - 1));
    long found = 0;
    long[] words = new long[WORDS];
    long whole = data.byteSize() / Long.BYTES;
    for (long at = 0; at < whole; at += WORDS) {
      int count = (int) Math.min(WORDS, whole - at);
      MemorySegment.copy(data, WORD, at * Long.BYTES, words, 0, count);
      for (int i = 0; i < count; i++) {
        found |= (words[i] & exponent) + lowest;
      }
    }
    long rest = 0;
    for (long at = data.byteSize() - 1; at >= whole * Long.BYTES; at--) {
      rest = rest << Byte.SIZE | data.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }
    found |= (rest & exponent) + lowest;
    if ((found & signs) != 0) {
      throw refusal(tensor, data);
    }
  }

  private static long exponent(DType dtype) {
    return switch (dtype) {
      case F32 -> 0x7F80_0000L;
      case BF16 -> 0x7F80L;
      case F16 -> 0x7C00L;
    };
  }

  /** Bits of one element in each element of a word. */
  private static long everywhere(DType dtype, long bits) {
    return dtype.bytes() == Short.BYTES ? bits * 0x0001_0001_0001_0001L : bits * 0x1_0000_0001L;
  }

  private static UserException refusal(Tensor tensor, MemorySegment data) {
    long index = 0;
    while (Float.isFinite(tensor.dtype().read(data, index))) {
      index++;
    }
    return UserException.of(
        "%s: tensor %s holds weights that are not numbers%s, one of them %s; the file is damaged,"
            + " or its training failed: download it again, or use another checkpoint",
        tensor.file(),
        tensor.name(),
        tensor.type() == TensorType.F64 ? ", or too large for float32" : "",
        tensor.dtype().read(data, index));
  }
}
