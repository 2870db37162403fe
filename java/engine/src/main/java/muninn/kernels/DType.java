package muninn.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Element types that weights are stored in. Arithmetic is float32 whatever the storage. */
public enum DType {
  F32(4),
  BF16(2),
  F16(2);

  private static final ValueLayout.OfFloat SINGLE =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** Element {@code index} of a tensor of this type, widened; {@code data} need not be aligned. */
  public float read(MemorySegment data, long index) {
    return switch (this) {
      case F32 -> data.get(SINGLE, index * Float.BYTES);
      case BF16 -> Float.intBitsToFloat(bits(data, index) << 16);
      case F16 -> Float.float16ToFloat(bits(data, index));
    };
  }

  /** The bits of element {@code index} of a tensor of a 16-bit type. */
  public static short bits(MemorySegment data, long index) {
    return data.get(HALF, index * Short.BYTES);
  }
}
